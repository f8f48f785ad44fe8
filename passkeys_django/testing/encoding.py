"""Unpadded base64url and canonical CBOR, the two encodings of WebAuthn."""

import base64
import re
from typing import Any

import cbor2

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


def b64url(data: bytes) -> str:
    """`data` as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64url(text: str) -> bytes:
    """The bytes of unpadded base64url; raises ValueError for padding, `+`, `/` and whitespace."""
    if not _ALPHABET.fullmatch(text):
        raise ValueError("not unpadded base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value: Any) -> bytes:
    """`value` in CTAP2's canonical CBOR."""
    return cbor2.dumps(value, canonical=True)
