"""Passkeys as JSON lines, for another site of ours to import (`imports/exported.py`).

Nobody can sign in with what is in the lines: private keys never leave the authenticators. But the lines say who
has an account, and which devices they use.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ..imports.exported import VERSION
from ..lifecycle.batches import in_pages
from ..models import Passkey, UserHandle, utc_text
from ..protocol.base64url import base64url_encode
from .reports import Report


def export_passkeys() -> Report:
    """All passkeys and security keys of all RP IDs, with all that a site needs to let people sign in."""
    return Report(columns=(*_PASSKEY, "account"), rows=_rows())


def _rows() -> Iterator[dict[str, Any]]:
    """The account of a line is None for somebody who has no handle yet: all their passkeys come from elsewhere.

    Accounts are read beside the passkeys. Users and accounts that name each other would stay in memory longer.
    """
    for page in in_pages(Passkey.objects.on_primary().select_related("user")):
        owners = {passkey.user_id for passkey in page}
        accounts = {row.user_id: _account(row) for row in UserHandle.objects.on_primary().filter(user__in=owners)}
        for passkey in page:
            facts = {name: value_of(passkey) for name, value_of in _PASSKEY.items()}
            yield facts | {"account": accounts.get(passkey.user_id)}


def _natural_key(passkey: Passkey) -> str | None:
    """The stored value of the user model's USERNAME_FIELD as text, whatever type the field has."""
    field: Any = type(passkey.user)._meta.get_field(type(passkey.user).USERNAME_FIELD)
    value = getattr(passkey.user, field.attname)
    return None if value is None else str(value)


def _account(row: UserHandle) -> dict[str, Any]:
    return {
        "handle": row.handle,
        "strong_address": row.strong_address,
        "recovered_at": utc_text(row.recovered_at),
        "sessions_ended_at": utc_text(row.sessions_ended_at),
    }


_PASSKEY: dict[str, Callable[[Passkey], Any]] = {
    "version": lambda passkey: VERSION,
    "user": _natural_key,
    "user_id": lambda passkey: str(passkey.user_id),
    "kind": lambda passkey: passkey.kind,
    "name": lambda passkey: passkey.name,
    "credential_id": lambda passkey: passkey.credential_id,
    "public_key": lambda passkey: base64url_encode(bytes(passkey.public_key)),
    "user_handle": lambda passkey: base64url_encode(bytes(passkey.user_handle)),
    "rp_id": lambda passkey: passkey.rp_id,
    "provider": lambda passkey: passkey.provider,
    "aaguid": lambda passkey: str(passkey.aaguid),
    "transports": lambda passkey: passkey.transports,
    "backup_eligible": lambda passkey: passkey.backup_eligible,
    "backup_state": lambda passkey: passkey.backup_state,
    "user_verified": lambda passkey: passkey.user_verified,
    "discoverable": lambda passkey: passkey.discoverable,
    "sign_count": lambda passkey: passkey.sign_count,
    "use_count": lambda passkey: passkey.use_count,
    "created_at": lambda passkey: utc_text(passkey.created_at),
    "last_used_at": lambda passkey: utc_text(passkey.last_used_at),
    "refused_at": lambda passkey: utc_text(passkey.refused_at),
    "renamed_at": lambda passkey: utc_text(passkey.renamed_at),
}
