"""What django-allauth stored (`allauth.mfa`, 65.0 and later).

A row holds the browser's answer to the registration, unchanged. django-allauth makes `user.id` from the user's
primary key (`allauth.account.utils.user_pk_to_url_str`). The signature counter stays that of the registration.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.http import int_to_base36

from ..exceptions import InvalidCredential
from ..protocol.credentials import parse_registration
from .foreign import ForeignCredential, NotTaken, Reason, Table, as_dict, user_key_column

TABLE = "mfa_authenticator"


def credentials(table: str = TABLE) -> Iterator[ForeignCredential | NotTaken]:
    """All stored credentials, read lazily. Raises ImproperlyConfigured at once if the table is missing."""
    authenticators = Table(
        table,
        id=models.BigIntegerField(primary_key=True),
        user_id=user_key_column(),
        type=models.CharField(max_length=20),
        data=models.JSONField(),
        created_at=models.DateTimeField(),
        last_used_at=models.DateTimeField(null=True),
    )
    return (_credential(row) for batch in authenticators.batches(type="webauthn") for row in batch)


def user_handle(key: Any) -> bytes:
    """`user.id` of the user with this primary key, unless the site's MFA_ADAPTER makes another."""
    kind = type(get_user_model()._meta.pk)
    if issubclass(kind, models.UUIDField) and isinstance(key, UUID):
        return key.hex.encode()
    if issubclass(kind, models.IntegerField):
        return int_to_base36(int(key)).encode()
    return str(key).encode()


def _credential(row: Any) -> ForeignCredential | NotTaken:
    stored = as_dict(row.data)
    try:
        registration = parse_registration(stored.get("credential"))
    except InvalidCredential as exc:
        return NotTaken(user_key=row.user_id, reason=f"{Reason.UNREADABLE} ({exc})")
    said = registration.authenticator_data
    return ForeignCredential(
        user_key=row.user_id,
        user_handle=user_handle(row.user_id),
        credential_id=registration.id,
        public_key=registration.public_key,
        rp_id_hash=said.rp_id_hash,
        discoverable=_is_discoverable(stored["credential"]),
        user_verified=said.user_verified,
        backup_eligible=said.backup_eligible,
        backup_state=said.backup_state,
        sign_count=said.sign_count,
        aaguid=registration.aaguid,
        transports=registration.transports,
        name=str(stored.get("name") or ""),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
    )


def _is_discoverable(credential: dict[str, Any]) -> bool | None:
    """What the browser said in `credProps` (WebAuthn L3, 10.1.3); None, since many browsers do not say."""
    properties = as_dict(as_dict(credential.get("clientExtensionResults")).get("credProps"))
    answer = properties.get("rk")
    return answer if isinstance(answer, bool) else None
