"""Decodes the part of CBOR (RFC 8949) that authenticators write (CTAP 2.1, section 8), in one encoding only.

General decoders act on tags in foreign bytes: cbor2 compiles a text with tag 35 as a regular expression, and
parses a text with tag 36 as an e-mail. So this module reads such bytes before any other decoder does. It refuses
tags, indefinite lengths and numbers that are longer than necessary. Every map key must be an integer or a text,
and must occur only once. Unlike CTAP2, this module accepts map keys in any order, because some authenticators do
not sort them.
"""

import struct
from typing import Any

MAX_DEPTH = 4
"""Levels of nested maps and arrays (CTAP 2.1, section 8)."""
MAX_ITEMS = 500
"""Items of all kinds together; an attestation object has about 30. A one-byte item takes a microsecond."""

_LONGER_NUMBERS = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}
"""How many bytes of the number follow the first byte, and the smallest number that needs so many (RFC 8949, 3)."""
_SIMPLE_VALUES = {20: False, 21: True, 22: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
"""CTAP2 allows all three lengths, also where a shorter float would have the same value."""


def decode(data: bytes) -> Any:
    """The value in these bytes. Nothing may follow the value. Raises ValueError."""
    value, end = decode_item(data, 0)
    if end != len(data):
        raise ValueError("bytes follow the CBOR")
    return value


def decode_item(data: bytes, start: int) -> tuple[Any, int]:
    """The value that begins at the byte `start`, and the position after the value. Raises ValueError."""
    reader = _Reader(data, start)
    return reader.item(depth=0), reader.position


class _Reader:
    """Reads once from left to right, so the time is proportional to the number of bytes."""

    def __init__(self, data: bytes, position: int) -> None:
        self.data = data
        self.position = position
        self.items = 0

    def item(self, depth: int) -> Any:
        """The value that begins here, within `depth` maps and arrays (RFC 8949, 3.1 has the major types)."""
        self.items += 1
        if self.items > MAX_ITEMS:
            raise ValueError("too much CBOR")
        [head] = self._take(1)
        major, info = head >> 5, head & 31
        if major == 7:
            return self._simple_or_float(info)
        number = self._number(info)
        match major:
            case 0:
                return number
            case 1:
                return -1 - number
            case 2:
                return self._take(number)
            case 3:
                return self._take(number).decode("utf-8")
        return self._container(major, number, depth + 1)

    def _take(self, size: int) -> bytes:
        start, self.position = self.position, self.position + size
        if self.position > len(self.data):
            raise ValueError("the CBOR ends too early")
        return self.data[start : self.position]

    def _number(self, info: int) -> int:
        """A value or a length. The codes 28 to 30 are reserved, and 31 means an indefinite length."""
        if info < 24:
            return info
        if info not in _LONGER_NUMBERS:
            raise ValueError("CBOR of indefinite length")
        size, least = _LONGER_NUMBERS[info]
        number = int.from_bytes(self._take(size))
        if number < least:
            raise ValueError("a CBOR number longer than necessary")
        return number

    def _simple_or_float(self, info: int) -> bool | float | None:
        if info in _SIMPLE_VALUES:
            return _SIMPLE_VALUES[info]
        if info not in _FLOATS:
            raise ValueError("a simple value that CTAP2 does not know")
        size, _least = _LONGER_NUMBERS[info]
        value: float
        [value] = struct.unpack(_FLOATS[info], self._take(size))
        return value

    def _container(self, major: int, length: int, depth: int) -> list[Any] | dict[int | str, Any]:
        if major == 6:
            raise ValueError("a CBOR tag")
        if depth > MAX_DEPTH:
            raise ValueError("CBOR nested too deeply")
        if major == 4:
            return [self.item(depth) for _ in range(length)]
        return self._map(length, depth)

    def _map(self, length: int, depth: int) -> dict[int | str, Any]:
        members: dict[int | str, Any] = {}
        for _ in range(length):
            key = self.item(depth)
            if type(key) not in (int, str) or key in members:
                raise ValueError("a CBOR map key that occurs twice, or is neither an integer nor a text")
            members[key] = self.item(depth)
        return members
