"""Credentials that other packages store as attested credential data, the bytes of WebAuthn L3, 6.5.1.

These bytes hold the credential id, the public key and the AAGUID. They do not say for which RP ID the credential
was made, whether its user was verified, and whether it can be synced.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..exceptions import InvalidCredential
from ..protocol.authenticator_data import parse_attested_credential
from ..protocol.base64url import base64url_encode
from .foreign import ForeignCredential, NotTaken, Reason


def credential_of(
    text: object,
    decode: Callable[[str], bytes],
    *,
    user_key: Any,
    user_handle: bytes,
    discoverable: bool | None,
    created_at: datetime | None,
    last_used_at: datetime | None,
    name: str = "",
    sign_count: int = 0,
    transports: tuple[str, ...] = (),
) -> ForeignCredential | NotTaken:
    """The credential whose attested data `decode` makes of the text."""
    try:
        aaguid, credential_id, public_key = parse_attested_credential(_decoded(text, decode))
    except InvalidCredential as exc:
        return NotTaken(user_key=user_key, reason=f"{Reason.UNREADABLE} ({exc})")
    return ForeignCredential(
        user_key=user_key,
        user_handle=user_handle,
        credential_id=base64url_encode(credential_id),
        public_key=public_key,
        rp_id_hash=None,
        discoverable=discoverable,
        user_verified=False,
        backup_eligible=None,
        backup_state=False,
        sign_count=sign_count,
        aaguid=aaguid,
        transports=transports,
        name=name,
        created_at=created_at,
        last_used_at=last_used_at,
    )


def _decoded(text: object, decode: Callable[[str], bytes]) -> bytes:
    if not isinstance(text, str):
        raise InvalidCredential("no attested credential data")
    try:
        return decode(text)
    except ValueError as exc:
        raise InvalidCredential(f"attested credential data that cannot be decoded: {exc}") from exc
