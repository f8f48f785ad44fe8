"""CBOR that a stranger can send to keep a server busy, as functions of a size in bytes."""

import struct

import cbor2

from passkeys_django.testing.encoding import cbor


def tagged(number, value):
    """Many items with this tag."""
    one = cbor2.dumps(cbor2.CBORTag(number, value))
    return lambda size: many(one)(size)


def head(major, number):
    """The first bytes of an item, as few as can be."""
    return bytes([major << 5 | cbor(number)[0]]) + cbor(number)[1:]


def many(item):
    """A list of this item, as long as fits."""

    def shape(size):
        count = (size - 9) // len(item)
        return head(4, count) + item * count

    return shape


def nested(opening, closing=b"\x00"):
    return lambda size: opening * (size // len(opening) - 1) + closing


def mapping(keys, value=b"\x00"):
    """A map of these keys, as many as fit."""

    def shape(size):
        members, left = [], size - 9
        for key in keys:
            left -= len(key) + len(value)
            if left < 0:
                break
            members.append(key + value)
        return head(5, len(members)) + b"".join(members)

    return shape


def colliding():
    """Integers with one and the same place in a table of Python's."""
    return [cbor(number << 44) for number in range(1 << 13)]


def pattern(size):
    """A regular expression that is slow to compile, in the tag that means one."""
    count = size // 7 - 20
    return cbor2.dumps(cbor2.CBORTag(35, "(?i)" + "[\x00-\uffff]" * count))


def mail(size):
    text = "Content-Type: multipart/mixed; boundary=x\n\n" + "--x\n\n" * (size // 6)
    return cbor2.dumps(cbor2.CBORTag(36, text[: size - 10]))


def one(kind, fill):
    return lambda size: cbor2.dumps(kind(size - 10, fill))


def texts(size, fill):
    return fill * (size // len(fill.encode()))


CBOR = {
    "a regular expression": pattern,
    "an e-mail": mail,
    "regular expressions": tagged(35, "(a+)+"),
    "e-mails": tagged(36, "From: a\n\nb"),
    "dates": tagged(0, "2027-01-01T00:00:00Z"),
    "seconds": tagged(1, 1),
    "a bignum": lambda size: b"\xc2" + cbor(b"\xff" * (size - 10)),
    "bignums": tagged(2, b"\xff" * 1_000),
    "decimals": tagged(4, [2**62, 1]),
    "big floats": tagged(5, [2**62, 1]),
    "a power of two as a decimal": tagged(4, [1_000_000_000, 1]),
    "rationals": tagged(30, [1, 3]),
    "UUIDs": tagged(37, bytes(16)),
    "sets": tagged(258, [1, 2]),
    "addresses": tagged(260, bytes(16)),
    "networks": tagged(261, {bytes(4): 24}),
    "shared values": tagged(28, []),
    "references": lambda size: b"\xd8\x1c" + many(b"\xd8\x1d\x00")(size - 4),
    "a namespace of strings": lambda size: b"\xd9\x01\x00" + many(b"\xd8\x19\x00")(size - 4),
    "tags that nobody knows": tagged(2**40, 0),
    "tags within tags": nested(b"\xc1"),
    "lists within lists": nested(b"\x81"),
    "maps within maps": nested(b"\xa1\x00"),
    "maps as keys": nested(b"\xa1", b"\x00\x00"),
    "lists of indefinite length": nested(b"\x9f", b"\xff"),
    "maps of indefinite length": nested(b"\xbf\x00", b"\xff"),
    "a text in pieces": lambda size: b"\x7f" + b"\x61a" * (size // 2 - 1) + b"\xff",
    "bytes in pieces": lambda size: b"\x5f" + b"\x41a" * (size // 2 - 1) + b"\xff",
    "a list of indefinite length": lambda size: b"\x9f" + b"\x00" * (size - 2) + b"\xff",
    "numbers": many(b"\x00"),
    "numbers of 8 bytes": many(b"\x1b" + b"\xff" * 8),
    "negative numbers": many(b"\x3b" + b"\xff" * 8),
    "nulls": many(b"\xf6"),
    "simple values": many(b"\xe0"),
    "floats": many(b"\xfb" + struct.pack(">d", 1.1)),
    "short floats": many(b"\xf9\x00\x01"),
    "empty texts": many(b"\x60"),
    "texts": many(b"\x61a"),
    "empty byte strings": many(b"\x40"),
    "empty lists": many(b"\x80"),
    "empty maps": many(b"\xa0"),
    "small maps": many(b"\xa1\x01\x01"),
    "lists four deep": many(b"\x81\x81\x00"),
    "a map of numbers": mapping([cbor(number) for number in range(30_000)]),
    "a map of colliding numbers": mapping(colliding()),
    "a map of texts": mapping([cbor(str(number)) for number in range(30_000)]),
    "a map of long texts": mapping([cbor("x" * 1_000 + str(number)) for number in range(100)]),
    "a map of byte strings": mapping([cbor(number.to_bytes(3)) for number in range(30_000)]),
    "a map that names one key for ever": mapping([b"\x00"] * 30_000),
    "a long text": one(texts, "a"),
    "a long text of four-byte characters": one(texts, "\U0001f511"),
    "a long text of marks": one(texts, "\u0315\u0300"),
    "long bytes": lambda size: cbor(b"\xff" * (size - 10)),
    "a list that claims 2**64 items": lambda size: b"\x9b" + b"\xff" * 8 + b"\x00" * (size - 9),
    "a map that claims 2**64 items": lambda size: b"\xbb" + b"\xff" * 8 + b"\x00" * (size - 9),
    "nothing but breaks": lambda size: b"\xff" * size,
}
KEYS = {
    "a modulus as long as can be": lambda size: cbor(
        {1: 3, 3: -257, -1: b"\xff" * (size - 30), -2: b"\x01\x00\x01"}
    ),
    "an exponent as long as can be": lambda size: cbor(
        {1: 3, 3: -257, -1: b"\xff" * 256, -2: b"\xff" * (size - 300)}
    ),
    "modulus and exponent": lambda size: cbor(
        {1: 3, 3: -257, -1: b"\xff" * (size // 2 - 30), -2: b"\xff" * (size // 2 - 30)}
    ),
    "a modulus of 8,192 bits": lambda size: cbor(
        {1: 3, 3: -257, -1: b"\xff" * 1024, -2: b"\xff" * (size - 1_100)}
    ),
    "long coordinates": lambda size: cbor(
        {1: 2, 3: -7, -1: 1, -2: b"\xff" * (size // 2 - 30), -3: b"\xff" * (size // 2 - 30)}
    ),
    "a long Ed25519 key": lambda size: cbor({1: 1, 3: -8, -1: 6, -2: b"\xff" * (size - 30)}),
    "a long ML-DSA key": lambda size: cbor({1: 7, 3: -50, -1: b"\xff" * (size - 30)}),
    "a long algorithm": lambda size: cbor({1: 2, 3: "x" * (size - 30)}),
    "a U2F point": lambda size: b"\x04" + b"\xff" * (size - 1),
}
