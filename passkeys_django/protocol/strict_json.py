"""Parses JSON (RFC 8259) strictly: a text that parsers read in different ways is refused."""

import json
from typing import Any

MAX_BRACKETS = 200
"""Objects and arrays together; our JSON has ten. The limit of Python's stack differs from version to version."""


def parse_json(text: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises ValueError, also where Python's own parser would not: for an object that names a member twice (parsers
    differ in which member counts), for NaN and Infinity, and for a value that is nested too deeply.
    """
    if text.count(b"{") + text.count(b"[") > MAX_BRACKETS:
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
