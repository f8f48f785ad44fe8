"""The seal: it covers what the person has not signed, such as whose signature this is and when it was stored."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, Signer

from ...models import PasskeySignature, utc_text
from ...protocol.base64url import base64url_encode

UNSEALED = ("user_id", "seal")
"""The key of the user can become null when the user is deleted: `user_key` keeps the key."""


def seal(signature: PasskeySignature) -> None:
    """Set the seal of the present values: an HMAC with a key that is derived from SECRET_KEY."""
    signature.seal = _signer().signature(_payload(signature))


def is_sealed(signature: PasskeySignature) -> bool:
    """Does the seal fit the values? Keys of SECRET_KEY_FALLBACKS are accepted too."""
    try:
        _signer().unsign(f"{_payload(signature)}:{signature.seal}")
    except BadSignature:
        return False
    return True


def plain_values(signature: PasskeySignature) -> dict[str, Any]:
    """All stored values as JSON knows them: bytes in base64url, the time in UTC and ISO 8601."""
    names = [field.attname for field in PasskeySignature._meta.concrete_fields]
    return {name: _plain(getattr(signature, name)) for name in names}


def _payload(signature: PasskeySignature) -> str:
    values = {name: value for name, value in plain_values(signature).items() if name not in UNSEALED}
    return json.dumps(values, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | bytearray | memoryview):
        return base64url_encode(bytes(value))
    if isinstance(value, datetime):
        return utc_text(value)
    return str(value) if isinstance(value, UUID) else value


def _signer() -> Signer:
    return Signer(salt="passkeys_django.signature")
