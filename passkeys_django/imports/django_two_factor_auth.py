"""What the WebAuthn plugin of django-two-factor-auth stored (`two_factor.plugins.webauthn`, 1.15 and later).

A row holds credential id, public key and signature counter. `user.id` is a digest of the user's primary key. The
options do not ask for a discoverable credential, and the package uses its credentials only after the password.
"""

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import models

from ..protocol.base64url import base64url_decode, base64url_encode
from .foreign import ForeignCredential, NotTaken, Reason, Table, as_count, user_key_column

TABLE = "two_factor_webauthn_webauthndevice"
NAMELESS = "default"
"""The name that the package gives to all."""


def credentials(table: str = TABLE) -> Iterator[ForeignCredential | NotTaken]:
    """All stored credentials, read lazily. Raises ImproperlyConfigured at once if the table is missing."""
    devices = Table(
        table,
        id=models.BigIntegerField(primary_key=True),
        user_id=user_key_column(),
        name=models.CharField(max_length=64),
        confirmed=models.BooleanField(),
        created_at=models.DateTimeField(),
        last_used_at=models.DateTimeField(null=True),
        public_key=models.TextField(),
        key_handle=models.TextField(),
        sign_count=models.IntegerField(),
    )
    return (_credential(row) for batch in devices.batches() for row in batch)


def user_handle(key: Any) -> bytes:
    """`user.id` of the user with this primary key, unless the site's own mixin makes another."""
    digest = hashlib.sha1(str(key).encode(), usedforsecurity=False)
    return digest.hexdigest().encode()


def _credential(row: Any) -> ForeignCredential | NotTaken:
    if not row.confirmed:
        return NotTaken(user_key=row.user_id, reason=Reason.SWITCHED_OFF)
    try:
        credential_id, public_key = base64url_decode(row.key_handle), base64url_decode(row.public_key)
    except ValueError as exc:
        return NotTaken(user_key=row.user_id, reason=f"{Reason.UNREADABLE} ({exc})")
    return ForeignCredential(
        user_key=row.user_id,
        user_handle=user_handle(row.user_id),
        credential_id=base64url_encode(credential_id),
        public_key=public_key,
        rp_id_hash=None,
        discoverable=False,
        user_verified=False,
        backup_eligible=None,
        backup_state=False,
        sign_count=as_count(row.sign_count),
        aaguid=UUID(int=0),
        transports=(),
        name="" if row.name == NAMELESS else row.name,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
    )
