"""What django-mfa stored (4.0 and later).

A row holds the attested credential data, the signature counter, the transports, and what the browser said about
whether the credential is discoverable (`credProps`). If the browser said nothing, the setting
MFA_FIDO2_RESIDENT_KEY decides. `user.id` is a random UUID as text, which the package stores in its own table.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import models

from ..protocol.credentials import read_transports
from .attested import credential_of
from .foreign import (
    ForeignCredential,
    NotTaken,
    Table,
    as_count,
    as_dict,
    is_discoverable,
    user_key_column,
)

TABLE = "django_mfa_authenticator"
HANDLES = "django_mfa_mfauserhandle"


def credentials(table: str = TABLE) -> Iterator[ForeignCredential | NotTaken]:
    """All stored credentials, read lazily. Raises ImproperlyConfigured at once if a table is missing."""
    rows = Table(
        table,
        id=models.BigIntegerField(primary_key=True),
        user_id=user_key_column(),
        type=models.CharField(max_length=32),
        name=models.CharField(max_length=100),
        data=models.JSONField(),
        created_at=models.DateTimeField(),
        last_used_at=models.DateTimeField(null=True),
    )
    handles = Table(
        HANDLES,
        id=models.BigIntegerField(primary_key=True),
        handle=models.UUIDField(),
        user_id=user_key_column(),
    )
    return (outcome for batch in rows.batches(type="webauthn") for outcome in _credentials(batch, handles))


def _credentials(batch: list[Any], handles: Table) -> Iterator[ForeignCredential | NotTaken]:
    stored = _stored(handles, {row.user_id for row in batch})
    return (_credential(row, stored.get(row.user_id, b"")) for row in batch)


def _stored(handles: Table, user_keys: Iterable[Any]) -> dict[Any, bytes]:
    found = handles.rows().filter(user_id__in=user_keys).values_list("user_id", "handle")
    return {key: str(handle).encode() for key, handle in found}


def _credential(row: Any, handle: bytes) -> ForeignCredential | NotTaken:
    data = as_dict(row.data)
    return credential_of(
        data.get("credential_data"),
        bytes.fromhex,
        user_key=row.user_id,
        user_handle=handle,
        discoverable=_is_discoverable(data.get("resident")),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        name=row.name,
        sign_count=as_count(data.get("sign_count")),
        transports=read_transports(data.get("transports")),
    )


def _is_discoverable(resident: object) -> bool | None:
    if isinstance(resident, bool):
        return resident
    return is_discoverable(getattr(settings, "MFA_FIDO2_RESIDENT_KEY", "preferred"))
