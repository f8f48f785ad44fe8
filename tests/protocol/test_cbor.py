"""The CBOR that we read: one encoding of each value, no tags, and bounded work."""

import cbor2
import pytest

from passkeys_django.protocol.cbor import MAX_DEPTH, MAX_ITEMS, decode, decode_item

VALUES = [
    *(number + offset for number in (0, 24, 1 << 8, 1 << 16, 1 << 32) for offset in (-1, 0, 1)),
    2**64 - 1,
    -(2**64),
    b"",
    b"\x00" * 70_000,
    "",
    "\u00fc\u20ac\U0001f511",
    [],
    {},
    [1, "two", b"three", False, True, None, 1.1],
    {"fmt": "none", 3: -7, -1: {"x5c": [b"c", b"d"]}},
    {"b": 1, "a": 2, 10: 3, 1: 4, -1: 5},
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:30])
def test_what_another_library_writes_is_read(value):
    assert decode(cbor2.dumps(value)) == value


@pytest.mark.parametrize(
    "data", [b"\xf9\x3e\x00", b"\xfa\x3f\xc0\x00\x00", b"\xfb\x3f\xf8" + bytes(6)], ids=bytes.hex
)
def test_a_float_is_read_whatever_its_width(data):
    assert decode(data) == 1.5


def test_an_item_is_read_from_where_it_begins_to_where_it_ends():
    assert decode_item(b"\xff\xff" + cbor2.dumps({1: "a"}) + b"\xff", 2) == ({1: "a"}, 6)


ODD_KEYS = (b"\x41a", b"\x80", b"\xa0", b"\xf5", b"\xf9\x3c\x00")
REFUSED = {
    "nothing": b"",
    "something after it": b"\x00\x00",
    "a number of one byte that needs none": b"\x18\x17",
    "a number of two bytes that needs one": b"\x19\x00\xff",
    "a number of four bytes that needs two": b"\x1a\x00\x00\xff\xff",
    "a number of eight bytes that needs four": b"\x1b" + bytes(4) + b"\xff" * 4,
    "a negative number that is longer than need be": b"\x38\x17",
    "a length that is longer than need be": b"\x58\x01a",
    "a cut number": b"\x19\x01",
    "cut bytes": b"\x42a",
    "a cut text": b"\x62a",
    "a cut list": b"\x82\x00",
    "a map without its last value": b"\xa2\x00\x00\x01",
    "a list as long as it can be": b"\x9b" + b"\xff" * 8,
    "bytes as long as they can be": b"\x5b" + b"\xff" * 8,
    "bytes of indefinite length": b"\x5f\x41a\xff",
    "a text of indefinite length": b"\x7f\x61a\xff",
    "a list of indefinite length": b"\x9f\xff",
    "a map of indefinite length": b"\xbf\xff",
    "a break": b"\xff",
    **{f"the reserved head {head:#x}": bytes([head]) for head in (0x1C, 0x3D, 0x5E, 0x7C, 0x9D, 0xBE, 0xDC, 0xFC)},
    "undefined": b"\xf7",
    "a simple value": b"\xe0",
    "a simple value of two bytes": b"\xf8\x20",
    "false in two bytes": b"\xf8\x14",
    "a text that is no UTF-8": b"\x62\xc3\x28",
    "a surrogate": b"\x63\xed\xa0\x80",
    "an overlong UTF-8": b"\x62\xc0\x80",
    "a key twice": b"\xa2\x01\x00\x01\x00",
    "a text key twice": b"\xa2\x61a\x00\x61a\x01",
    **{
        f"the key {key.hex()}": b"\xa1" + key + b"\x00"
        for key in (b"\x41a", b"\x80", b"\xa0", b"\xf5", b"\xf9\x3c\x00")
    },
    **{f"the tag {tag}": cbor2.dumps(cbor2.CBORTag(tag, 0)) for tag in (0, 1, 2, 23, 24, 255, 256, 55_799, 2**63)},
    "a tag in a value": b"\xa1\x61x" + cbor2.dumps(cbor2.CBORTag(35, "(")),
    "a tag in a key": b"\xa1" + cbor2.dumps(cbor2.CBORTag(35, "(")) + b"\x00",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_w1_what_ctap2_does_not_write_is_refused(data):
    with pytest.raises(ValueError):  # noqa: PT011  # UnicodeDecodeError is one
        decode(data)


def nested(levels, container):
    value = 0
    for _ in range(levels):
        value = container(value)
    return cbor2.dumps(value)


@pytest.mark.parametrize("container", [lambda value: [value], lambda value: {1: value}], ids=["lists", "maps"])
def test_w1_nesting_is_bounded(container):
    decode(nested(MAX_DEPTH, container))

    for levels in (MAX_DEPTH + 1, 500):
        with pytest.raises(ValueError, match="deep"):
            decode(nested(levels, container))


def test_w1_the_number_of_items_is_bounded():
    decode(cbor2.dumps([0] * (MAX_ITEMS - 1)))

    for value in ([0] * MAX_ITEMS, [[0] * 300, [0] * 300], dict.fromkeys(range(MAX_ITEMS), 0)):
        with pytest.raises(ValueError, match="too much"):
            decode(cbor2.dumps(value))
