"""Parses JSON (RFC 8259) strictly: a text that parsers read in different ways is refused."""

import json
from collections.abc import Mapping
from typing import Any

from ..exceptions import InvalidCredential
from .base64url import base64url_decode

MAX_BRACKETS = 200
"""Objects and arrays together; our JSON has ten. The limit of Python's stack differs from version to version."""


def parse_json(text: bytes, *, max_brackets: int = MAX_BRACKETS) -> Any:
    """The value of a JSON text in UTF-8.

    Raises ValueError, also where Python's own parser would not: for an object that names a member twice (parsers
    differ in which member counts), for NaN and Infinity, and for a value that is nested too deeply.
    """
    if text.count(b"{") + text.count(b"[") > max_brackets:
        raise ValueError("nested too deeply")
    try:
        return _DECODER.decode(text.decode("utf-8"))
    except RecursionError as exc:  # the caller's stack was deep already
        raise ValueError("nested too deeply") from exc


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object names a member twice")
    return members


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_members, parse_constant=_refuse)


def mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidCredential(f"{name} is not an object")
    return value


def text(members: Mapping[str, Any], name: str) -> str:
    text = members.get(name)
    if not isinstance(text, str):
        raise InvalidCredential(f"{name} is missing or not a string")
    return text


def decoded_member(members: Mapping[str, Any], name: str) -> bytes:
    """Accepts padding, because some browser libraries write it. Refuses everything else that is not base64url."""
    return decoded(text(members, name).rstrip("="), name)


def decoded(text: str, name: str) -> bytes:
    try:
        return base64url_decode(text)
    except ValueError as exc:
        raise InvalidCredential(f"{name} is not base64url") from exc
