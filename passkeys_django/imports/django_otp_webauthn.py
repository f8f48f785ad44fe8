"""What django-otp-webauthn stored, in all its releases so far (0.1 to 0.10).

Since release 0.5, `user.id` is random and stored in its own table. Before 0.5, `user.id` was a digest of the
user's key. A row does not say which of the two its credential has: we compare the row's date with the date of the
0.5 migration.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models

from ..exceptions import InvalidCredential
from ..protocol.authenticator_data import AuthenticatorData, parse_attestation
from ..protocol.base64url import base64url_encode
from ..protocol.credentials import read_transports
from .foreign import ForeignCredential, NotTaken, Reason, Table, user_key_column

APP = "django_otp_webauthn"
TABLE = f"{APP}_webauthncredential"
OLD_HANDLE = "with the user handle that releases before 0.5 made of the primary key"
OLD_HANDLE_MAX_KEY = 10**8
"""Those releases digest as many zero bytes as the key says: for a larger key, over 100 MB."""


def credentials(table: str = TABLE) -> Iterator[ForeignCredential | NotTaken]:
    """All stored credentials, read lazily. A site with its own credential model gives that model's `table`.

    Raises ImproperlyConfigured at once if the table is missing.
    """
    rows = Table(
        table,
        id=models.BigIntegerField(primary_key=True),
        user_id=user_key_column(),
        name=models.CharField(max_length=64),
        confirmed=models.BooleanField(),
        credential_id=models.BinaryField(),
        public_key=models.BinaryField(),
        transports=models.JSONField(),
        sign_count=models.BigIntegerField(),
        backup_eligible=models.BooleanField(),
        backup_state=models.BooleanField(),
        created_at=models.DateTimeField(null=True),
        last_used_at=models.DateTimeField(null=True),
        aaguid=models.CharField(max_length=36),
        discoverable=models.BooleanField(null=True),
    )
    handles, attestations = _Handles(), _Attestations()
    return (outcome for batch in rows.batches() for outcome in _credentials(batch, handles, attestations))


def _credentials(
    batch: list[Any], handles: "_Handles", attestations: "_Attestations"
) -> Iterator[ForeignCredential | NotTaken]:
    stored = handles.stored(row.user_id for row in batch)
    objects = attestations.of(row.pk for row in batch)
    for row in batch:
        if not row.confirmed:
            yield NotTaken(user_key=row.user_id, reason=Reason.SWITCHED_OFF)
        else:
            handle, remark = handles.choose(row, stored.get(row.user_id))
            yield _credential(row, handle, remark, _said(row, objects.get(row.pk)))


def _credential(row: Any, handle: bytes, remark: str, said: AuthenticatorData | None) -> ForeignCredential:
    return ForeignCredential(
        user_key=row.user_id,
        user_handle=handle,
        credential_id=base64url_encode(bytes(row.credential_id)),
        public_key=bytes(row.public_key),
        rp_id_hash=said.rp_id_hash if said else None,
        discoverable=row.discoverable,
        user_verified=said is not None and said.user_verified,
        backup_eligible=row.backup_eligible,
        backup_state=row.backup_state,
        sign_count=row.sign_count,
        aaguid=_aaguid(row.aaguid),
        transports=read_transports(row.transports),
        name=row.name,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        remark=remark,
    )


def _aaguid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _said(row: Any, attestation: bytes | None) -> AuthenticatorData | None:
    """What the authenticator said at the registration; None if the package did not keep it."""
    if attestation is None:
        return None
    try:
        return parse_attestation(attestation, credential_id=bytes(row.credential_id))[0]
    except InvalidCredential:
        return None


class _Attestations:
    """The attestation objects. Sites with their own credential model may keep them elsewhere, or not at all."""

    NAME = f"{APP}_webauthnattestation"

    def __init__(self) -> None:
        self._table = None
        if Table.exists(self.NAME):
            self._table = Table(
                self.NAME,
                id=models.BigIntegerField(primary_key=True),
                credential_id=models.BigIntegerField(),
                data=models.BinaryField(),
            )

    def of(self, keys: Iterable[int]) -> dict[int, bytes]:
        """The attestation objects, by the primary keys of their credentials."""
        if self._table is None:
            return {}
        found = self._table.rows().filter(credential_id__in=list(keys)).values_list("credential_id", "data")
        return {key: bytes(data) for key, data in found}


@dataclass(frozen=True)
class _History:
    """When the first and the 0.5 migration were applied to this database; None if unknown."""

    born_at: datetime | None
    switched_at: datetime | None


class _Handles:
    """The user handles of both kinds: digests of releases before 0.5, and stored ones."""

    NAME = f"{APP}_webauthnuserhandle"

    def __init__(self) -> None:
        self._table = None
        if Table.exists(self.NAME):
            self._table = Table(
                self.NAME,
                handle_hex=models.CharField(max_length=128),
                user_id=_primary(user_key_column()),
            )
        self._history = _history()

    def stored(self, user_keys: Iterable[Any]) -> dict[Any, bytes]:
        """The stored user handles, by the primary keys of their users."""
        if self._table is None:
            return {}
        found = self._table.rows().filter(pk__in=set(user_keys)).values_list("pk", "handle_hex")
        return {key: _from_hex(text) for key, text in found}

    def choose(self, row: Any, stored: bytes | None) -> tuple[bytes, str]:
        """The user handle of this credential (empty if unknown), and a remark for the report."""
        old = self._is_old(row, stored)
        handle = _old_handle(row.user_id) if old else stored
        return handle or b"", OLD_HANDLE if old and handle else ""

    def _is_old(self, row: Any, stored: bytes | None) -> bool:
        born_at, switched_at = self._history.born_at, self._history.switched_at
        if row.created_at is None or born_at is None or switched_at is None or row.created_at < born_at:
            return stored is None  # rows of another database, for example, with unknown migrations
        return bool(row.created_at < switched_at)


def _from_hex(text: str) -> bytes:
    """The bytes that this text means; empty if the text is not hexadecimal."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def _primary(field: "models.Field[Any, Any]") -> "models.Field[Any, Any]":
    return type(field)(primary_key=True)


def _history() -> _History:
    if not Table.exists("django_migrations"):
        return _History(None, None)
    migrations = Table(
        "django_migrations",
        id=models.BigIntegerField(primary_key=True),
        app=models.CharField(max_length=255),
        name=models.CharField(max_length=255),
        applied=models.DateTimeField(),
    )
    applied = dict(migrations.rows().filter(app=APP).values_list("name", "applied"))
    return _History(min(applied.values(), default=None), applied.get("0004_webauthnuserhandle"))


def _old_handle(key: Any) -> bytes | None:
    """The user handle as release 0.4 makes it (`WebAuthnHelper.get_unique_anonymous_user_id`).

    None for a key that is not a whole number: release 0.4 takes no other keys.
    """
    if not isinstance(key, int) or not 0 <= key <= OLD_HANDLE_MAX_KEY:
        return None
    return hashlib.sha256(bytes(key)).digest()
