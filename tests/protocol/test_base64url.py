"""base64url: one value has one text."""

import secrets

import pytest

from passkeys_django.protocol.base64url import base64url_decode, base64url_encode


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"\xff\xfe\xfb", "__77"),
        (b"\xfb\xef\xbe", "----"),
    ],
)
def test_the_examples_of_rfc_4648_both_ways(value, text):
    assert base64url_encode(value) == text
    assert base64url_decode(text) == value


@pytest.mark.parametrize("length", range(67))
def test_every_length_survives(length):
    value = secrets.token_bytes(length)

    assert base64url_decode(base64url_encode(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "Zg==",
        "Zm8=",
        "=",
        "A",
        "AAAAA",
        "+/+/",
        "Zm 9v",
        "Zm9v\n",
        "\nZm9v",
        " ",
        "Zm9v\x00",
        "Zm9ä",
        "Zm\uff19v",
        "Zm9v.",
        "\ud800",
    ],
    ids=ascii,
)
def test_everything_but_the_unpadded_alphabet_is_refused(text):
    with pytest.raises(ValueError, match="base64url"):
        base64url_decode(text)


@pytest.mark.parametrize("text", ["Zh", "Z_", "Zm9", "AB", "__8AA_"])
def test_stray_bits_are_refused(text):
    with pytest.raises(ValueError, match="canonical"):
        base64url_decode(text)
