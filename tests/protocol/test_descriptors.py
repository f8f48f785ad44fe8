"""User handles that other software made of names."""

import pytest

from passkeys_django.protocol.descriptors import name_spellings


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("ada", [b"ada", b"YWRh", b"i\xd6"]),
        ("adas", [b"adas", b"YWRhcw==", b"i\xd6\xac"]),
        ("ada.b", [b"ada.b", b"YWRhLmI=", b"i\xd6\x9b"]),
        ("ada@example.com", [b"ada@example.com", b"YWRhQGV4YW1wbGUuY29t"]),
        ("j\xfcrgen", ["j\xfcrgen".encode(), b"asO8cmdlbg=="]),
    ],
)
def test_the_handles_that_python_fido2_made_of_a_name(name, spellings):
    """Values that its releases 1.1.1, 1.2.0 and 2.0.0 gave. 1.1.1 refuses to decode the last two."""
    assert name_spellings(name.encode()) == spellings
