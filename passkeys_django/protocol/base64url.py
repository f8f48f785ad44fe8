"""base64url without padding (RFC 4648, section 5), the only form that WebAuthn knows."""

import base64
import binascii
import re

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*\Z")


def base64url_encode(value: bytes) -> str:
    """Encode without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def base64url_decode(text: str) -> bytes:
    """Decode strictly: no padding, no other alphabet, no stray bits. So each value has exactly one text.

    Raises ValueError.
    """
    if not _ALPHABET.match(text):
        raise ValueError("not base64url without padding")
    try:
        value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as exc:
        raise ValueError("not base64url without padding") from exc
    if base64url_encode(value) != text:
        raise ValueError("not canonical base64url")
    return value
