"""Awkward statements: what the text of each is, or why nobody can sign it, and where the reason is."""

import datetime
import enum
from collections import OrderedDict
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.utils.functional import lazystr
from django.utils.safestring import mark_safe


class Colour(str, enum.Enum):  # noqa: UP042  # whose str() is not its text
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Shouting(str):
    def __str__(self):
        return self.upper()


def nested(levels):
    """A list in a list, so many levels deep, around the number 1."""
    return [nested(levels - 1)] if levels else 1


@dataclass(frozen=True)
class Accepted:
    value: Any
    text: str


@dataclass(frozen=True)
class Refused:
    value: Any
    reason: str
    path: tuple[str, ...] = ()


NFC, NFD = "caf\u00e9", "cafe\u0301"
LIMIT = 2**53 - 1

ACCEPTED = {
    "null": Accepted(None, "null"),
    "true": Accepted(True, "true"),
    "false": Accepted(False, "false"),
    "one, which is not true": Accepted(1, "1"),
    "zero, which is not false": Accepted(0, "0"),
    "a digit as a text": Accepted("1", '"1"'),
    "both, side by side": Accepted([1, "1", True, "true"], '[1,"1",true,"true"]'),
    "minus zero, which is zero": Accepted(-0, "0"),
    "a negative number": Accepted(-7, "-7"),
    "the largest integer": Accepted(LIMIT, "9007199254740991"),
    "the smallest integer": Accepted(-LIMIT, "-9007199254740991"),
    "an integer with a name": Accepted(Level.HIGH, "3"),
    "a text with a name": Accepted(Colour.RED, '"red"'),
    "a text that shows itself otherwise": Accepted(Shouting("low"), '"low"'),
    "a text that is safe in HTML": Accepted(mark_safe("<b>"), '"\\u003cb\\u003e"'),
    "an empty text": Accepted("", '""'),
    "blanks at both ends": Accepted("  a  ", '"  a  "'),
    "an empty object": Accepted({}, "{}"),
    "an empty list": Accepted([], "[]"),
    "an empty name": Accepted({"": 1}, '{"":1}'),
    "empty things in each other": Accepted([[], {}, [{}]], "[[],{},[{}]]"),
    "a tuple, which is a list": Accepted((1, (2,)), "[1,[2]]"),
    "names in order": Accepted({"b": 1, "a": 2}, '{"a":2,"b":1}'),
    "capitals before small letters": Accepted({"a": 1, "B": 2, "_": 3}, '{"B":2,"_":3,"a":1}'),
    "names that are numbers": Accepted({"10": 1, "9": 2}, '{"10":1,"9":2}'),
    "a name that is the beginning of another": Accepted({"ab": 1, "a": 2}, '{"a":2,"ab":1}'),
    "astral names by code point, not by UTF-16": Accepted(
        {"\U0001f600": 1, "\uffee": 2, "z": 3}, '{"z":3,"\uffee":2,"\U0001f600":1}'
    ),
    "names that look the same": Accepted({NFC: 1, NFD: 2}, f'{{"{NFD}":2,"{NFC}":1}}'),
    "composed text": Accepted(NFC, f'"{NFC}"'),
    "decomposed text, as it is": Accepted(NFD, f'"{NFD}"'),
    "a ligature, as it is": Accepted("\ufb01", '"\ufb01"'),
    "a line end": Accepted("a\nb", '"a\\nb"'),
    "a line end of Windows": Accepted("a\r\nb", '"a\\nb"'),
    "a line end of old Macs": Accepted("a\rb", '"a\\nb"'),
    "line ends of all kinds": Accepted("\r\n\r\r\n\n", '"\\n\\n\\n\\n"'),
    "a line end in a name": Accepted({"a\r\nb": 1}, '{"a\\nb":1}'),
    "a line separator": Accepted("a\u2028b", '"a\\u2028b"'),
    "a paragraph separator": Accepted("a\u2029b", '"a\\u2029b"'),
    "HTML": Accepted("<a href='x'>&</a>", "\"\\u003ca href='x'\\u003e\\u0026\\u003c/a\\u003e\""),
    "HTML in a name": Accepted({"<&>": 1}, '{"\\u003c\\u0026\\u003e":1}'),
    "quotes": Accepted("\"'", '"\\"\'"'),
    "backslashes": Accepted("\\n \\u0041", '"\\\\n \\\\u0041"'),
    "slashes": Accepted("</a>/", '"\\u003c/a\\u003e/"'),
    "JSON in a text": Accepted('{"a":1}', '"{\\"a\\":1}"'),
    "letters of other languages": Accepted("åß漢字עברית", '"åß漢字עברית"'),
    "a Cyrillic letter that looks Latin": Accepted("p\u0430y", '"p\u0430y"'),
    "digits of another script": Accepted("\u0661\u0662", '"\u0661\u0662"'),
    "a hard blank": Accepted("1\u00a0000", '"1\u00a0000"'),
    "a zero-width blank": Accepted("a\u200bb", '"a\u200bb"'),
    "a soft hyphen": Accepted("a\u00adb", '"a\u00adb"'),
    "a byte order mark": Accepted("\ufeffa", '"\ufeffa"'),
    "marks of direction that change no order of others": Accepted("\u200ea\u200f", '"\u200ea\u200f"'),
    "the Arabic letter mark": Accepted("\u061c1", '"\u061c1"'),
    "a family": Accepted("👩\u200d👩\u200d👧", '"👩\u200d👩\u200d👧"'),
    "a flag": Accepted("🇫🇷", '"🇫🇷"'),
    "an emoji with a colour": Accepted("👍🏽", '"👍🏽"'),
    "characters that are none": Accepted("\ufffe\uffff\U0010ffff", '"\ufffe\uffff\U0010ffff"'),
    "the character for unreadable bytes": Accepted("\ufffd", '"\ufffd"'),
    "private use": Accepted("\ue000", '"\ue000"'),
    "a mapping that is no dict": Accepted(MappingProxyType({"a": 1}), '{"a":1}'),
    "a mapping with an order": Accepted(OrderedDict(b=1, a=2), '{"a":2,"b":1}'),
    "sixteen levels": Accepted(nested(16), "[" * 16 + "1" + "]" * 16),
    "300 rows": Accepted([{}] * 300, "[" + ",".join(["{}"] * 300) + "]"),
    "300 brackets in a text": Accepted("[{" * 150, '"' + "[{" * 150 + '"'),
    "64 KiB": Accepted("a" * 65534, '"' + "a" * 65534 + '"'),
    "a chosen row": Accepted({"text": "Grace", "id": 7}, '{"id":7,"text":"Grace"}'),
}

REFUSED = {
    "NUL": Refused("a\0b", "a control character"),
    "a tabulator": Refused("a\tb", "a control character"),
    "a form feed": Refused("a\fb", "a control character"),
    "a vertical tabulator": Refused("a\vb", "a control character"),
    "backspace": Refused("a\bb", "a control character"),
    "escape": Refused("a\x1b[31m", "a control character"),
    "unit separator": Refused("a\x1fb", "a control character"),
    "delete": Refused("a\x7fb", "a control character"),
    "NEL, the line end of mainframes": Refused("a\x85b", "a control character"),
    "the first of C1": Refused("a\x80b", "a control character"),
    "the last of C1": Refused("a\x9fb", "a control character"),
    "a control in a name": Refused({"to": {"a\0": 1}}, "a control character", ("to",)),
    "a control in a list": Refused({"to": ["a", "b\0"]}, "a control character", ("to", "1")),
    "an embedding to the right": Refused("\u202a", "a character that changes the direction of the text"),
    "an override to the left": Refused("a\u202eb", "a character that changes the direction of the text"),
    "the end of an override": Refused("\u202c", "a character that changes the direction of the text"),
    "an isolate": Refused({"to": "a\u2066b"}, "a character that changes the direction of the text", ("to",)),
    "the end of an isolate": Refused("\u2069", "a character that changes the direction of the text"),
    "an override in a name": Refused({"\u202d": 1}, "a character that changes the direction of the text"),
    "half of a character": Refused({"to": "\ud83d"}, "half of a character", ("to",)),
    "both halves, which are no character": Refused("\ud83d\ude00", "half of a character"),
    "half of a character in a name": Refused({"\udc00": 1}, "half of a character"),
    "2**53": Refused(LIMIT + 1, "an integer of 2**53 or more"),
    "-2**53": Refused([-LIMIT - 1], "an integer of 2**53 or more", ("0",)),
    "a larger integer": Refused({"n": 10**400}, "an integer of 2**53 or more", ("n",)),
    "a float": Refused({"amount": 12.5}, "a value of type float", ("amount",)),
    "a float that is whole": Refused(1.0, "a value of type float"),
    "minus zero as a float": Refused(-0.0, "a value of type float"),
    "not a number": Refused([float("nan")], "a value of type float", ("0",)),
    "infinity": Refused(float("inf"), "a value of type float"),
    "a decimal": Refused({"amount": Decimal("12.50")}, "a value of type Decimal", ("amount",)),
    "a complex number": Refused(1j, "a value of type complex"),
    "bytes": Refused({"file": b"a"}, "a value of type bytes", ("file",)),
    "a date": Refused(datetime.date(2026, 1, 1), "a value of type date"),
    "a set": Refused({"a": {1}}, "a value of type set", ("a",)),
    "a generator": Refused((item for item in "ab"), "a value of type generator"),
    "a text that is not translated yet": Refused({"a": lazystr("a")}, "a value of type __proxy__", ("a",)),
    "a member of an enumeration": Refused(enum.Enum("Size", "BIG").BIG, "a value of type Size"),
    "a name that is a number": Refused({"a": {1: 2}}, "a name of type int", ("a",)),
    "a name that is a boolean": Refused({True: 1}, "a name of type bool"),
    "a name that is None": Refused({None: 1}, "a name of type NoneType"),
    "a name of bytes": Refused({b"a": 1}, "a name of type bytes"),
    "a name that is not translated yet": Refused({lazystr("a"): 1}, "a name of type __proxy__"),
    "names that differ in their line ends": Refused(
        {"x": {"a\r\n": 1, "a\n": 2}}, "two names that differ only in their line ends", ("x",)
    ),
    "names that are one text in two types": Refused(
        {"red": 1, Shouting("red\r"): 2, "red\n": 3}, "two names that differ only in their line ends"
    ),
    "seventeen levels": Refused(nested(17), "over 16 levels", ("0",) * 17),
    "seventeen empty levels of names": Refused(
        {"a": {"a": {"a": {"a": nested(13)}}}}, "over 16 levels", ("a",) * 4 + ("0",) * 13
    ),
    "one byte over 64 KiB": Refused("a" * 65535, "over 64 KiB"),
    "over 64 KiB in bytes, not in characters": Refused("€" * 22000, "over 64 KiB"),
    "over 64 KiB only when escaped": Refused("<" * 11000, "over 64 KiB"),
    "200 kB": Refused({"contract": "a" * 200_000}, "over 64 KiB"),
    "200 kB of rows": Refused([0] * 100_000, "over 64 KiB"),
}
