"""Canonical JSON: for every value exactly one text, which is what Hanko stores as `transaction_data`.

The names of an object are sorted by code point, and there are no blanks. `<`, `>`, `&`, U+2028 and U+2029 are
escaped. Line ends are "\\n". A value that software could read or show in two ways is refused.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from ...exceptions import InvalidStatement
from ...protocol.strict_json import parse_json
from ...protocol.unicode_text import has_lone_surrogates

MAX_INTEGER = 2**53 - 1
"""JSON readers such as JavaScript's and Go's keep numbers as floats, which hold integers up to here exactly."""
MAX_DEPTH = 16
MAX_BYTES = 64 * 1024
_LINE_END = re.compile(r"\r\n?")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""Characters that change the order in which the text after them is shown (Unicode UAX 9, 2.1 to 2.5)."""
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def canonical(value: Any) -> str:
    """The canonical text of None, a boolean, an integer, a string, or of lists and dicts of these.

    Raises InvalidStatement for all other types (write decimals and dates as strings), integers of 2**53 and more,
    control characters except line ends, bidi controls, lone surrogates, names that differ only in their line ends,
    more than 16 levels, and a text of more than 64 KiB. `members["path"]` says where.
    """
    plain = _plain(value, ())
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).translate(_ESCAPES)
    if len(text.encode()) > MAX_BYTES:
        raise _refusal((), f"over {MAX_BYTES // 1024} KiB")
    return text


def parse_canonical(text: str) -> Any:
    """The value of a canonical text. Raises InvalidStatement for every other text."""
    try:
        value = parse_json(text.encode(), max_brackets=MAX_BYTES)  # a text may hold many, also inside of strings
    except ValueError as exc:
        raise InvalidStatement("not JSON") from exc
    if canonical(value) != text:
        raise InvalidStatement("not the canonical text of its value")
    return value


def _plain(value: Any, path: tuple[str, ...]) -> Any:
    """The value with line ends as they are signed."""
    if len(path) > MAX_DEPTH:
        raise _refusal(path, f"over {MAX_DEPTH} levels")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, int):
        return _integer(value, path)
    if isinstance(value, Mapping):
        return _members(value, path)
    if isinstance(value, list | tuple):
        return [_plain(item, (*path, str(number))) for number, item in enumerate(value)]
    raise _refusal(path, f"a value of type {type(value).__name__}")


def _integer(value: int, path: tuple[str, ...]) -> int:
    if abs(value) > MAX_INTEGER:
        raise _refusal(path, "an integer of 2**53 or more")
    return int(value)


def _text(value: str, path: tuple[str, ...]) -> str:
    text = _LINE_END.sub("\n", str.__str__(value))  # of a member of an enumeration: what json.dumps writes
    if _CONTROLS.search(text):
        raise _refusal(path, "a control character")
    if _BIDI.search(text):
        raise _refusal(path, "a character that changes the direction of the text")
    if has_lone_surrogates(text):
        raise _refusal(path, "half of a character")
    return text


def _members(value: Mapping[Any, Any], path: tuple[str, ...]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, item in value.items():
        if not isinstance(name, str):
            raise _refusal(path, f"a name of type {type(name).__name__}")
        plain_name = _text(name, path)
        if plain_name in members:
            raise _refusal(path, "two names that differ only in their line ends")
        members[plain_name] = _plain(item, (*path, plain_name))
    return members


def _refusal(path: tuple[str, ...], reason: str) -> InvalidStatement:
    """The reason names the place, never the value, in one short line: a person may have chosen the names."""
    place = " ".join(".".join(path).split())[:200]
    return InvalidStatement(f"{place or 'the statement'}: {reason}", path=list(path))
