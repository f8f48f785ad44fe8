"""The evidence of a signature as JSON, for people who trust neither this site nor this package."""

from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ...models import PasskeySignature
from ...protocol.public_keys import load_public_key
from .seal import plain_values

VERSION = 1


def evidence_of(signature: PasskeySignature) -> dict[str, Any]:
    """All stored values: bytes in base64url, the time in UTC and ISO 8601, the id of the transaction in `id`.

    `public_key` is the COSE key, and `public_key_pem` is the same key as other software reads it (RFC 7468); empty
    for a key that cannot be used. `version` changes when a member changes its meaning.
    """
    return {"version": VERSION, **plain_values(signature), "public_key_pem": _pem(bytes(signature.public_key))}


def _pem(cose_key: bytes) -> str:
    try:
        key, _algorithm = load_public_key(cose_key)
    except ValueError:
        return ""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
