"""What a browser might send: JSON, CBOR, bodies and their types, from nearly right to wild."""

import json

import cbor2
from hypothesis import strategies as st

from passkeys_django.testing.encoding import b64url

texts = st.text(st.characters(codec=None), max_size=20)
"""Lone surrogates included."""
words = st.text(max_size=20)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**60),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
    st.sampled_from(["", "=", "AA", "AB", "+/", "null", "\x00", "\ud800", "A" * 5000]),
    st.binary(max_size=80).map(b64url),
)
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(texts | st.sampled_from(["id", "response"]), inner, max_size=4),
    ),
    max_leaves=8,
)
cbor_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**65), 2**65),
        st.binary(max_size=70),
        st.text(max_size=10),
        st.floats(),
        st.integers(0, 300).map(lambda number: cbor2.CBORTag(number + 1000, number)),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.integers(-5, 5) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=6,
)
content_types = st.one_of(
    st.just("application/json"),
    st.sampled_from(
        [
            "application/json; charset=utf-8",
            "application/json; charset=latin-1",
            "application/json; charset=utf-16",
            "application/json; charset=nonsense",
            "APPLICATION/JSON",
            "application/problem+json",
            "text/plain",
            "text/html; charset=",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "",
            ";",
            "/",
            "application/json, text/plain",
        ]
    ),
)
wild_bodies = st.one_of(
    json_values.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"",
            b"{}",
            b"[" * 30_000,
            b'{"a":' * 12_000,
            b'"\\ud800"',
            b'{"id": NaN}',
            b'{"id": 1e999}',
            b'{"id": ' + b"9" * 5000 + b"}",
            b"{" + b" " * 65_536 + b"}",
            b"\xef\xbb\xbf{}",
            "{}".encode("utf-16"),
            b"name=x",
            b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--x--\r\n',
        ]
    ),
)
