"""JSON as it is written in RFC 8259, and read in one way only."""

import json
from typing import Any

MAX_BRACKETS = 200
"""Of objects and arrays together: ours have ten. How deep a stack may be is another matter on each Python."""


def parse_json(text: bytes) -> Any:
    """The value in UTF-8 text, in which no object names a member twice: parsers differ over which one counts.

    Raises ValueError, also for NaN and Infinity, which Python takes otherwise, and for what is nested too deeply.
    """
    if text.count(b"{") + text.count(b"[") > MAX_BRACKETS:
        raise ValueError("nested too deeply")
    try:
        return _DECODER.decode(text.decode("utf-8"))
    except RecursionError as exc:  # on a stack that is deep already
        raise ValueError("nested too deeply") from exc


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique_members, parse_constant=_refuse)
