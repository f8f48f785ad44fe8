"""Takes over the credentials that another package stored, so that people sign in with the passkeys they have."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from ..imports import ForeignCredential, NotTaken, Reason
from ..lifecycle.batches import in_batches
from ..models import Passkey, PasskeyKind, Tombstone, credential_id_sha256
from ..protocol.base64url import base64url_decode
from ..protocol.descriptors import CREDENTIAL_ID_MAX_BYTES, USER_HANDLE_MAX_BYTES
from ..protocol.public_keys import load_public_key
from ..protocol.relying_party import RelyingParty
from ..relying_party import get_relying_party
from .announcing import announced
from .insertion import New, fit_name, insert_judged
from .users import existing_keys

UNSURE = "imported, though nobody knows whether it signs in without a username"
AS_SECURITY_KEY = "imported as a security key, which signs in only together with the password"
Listed = ForeignCredential | NotTaken


@dataclass(frozen=True, kw_only=True)
class Imported(New):
    """A credential that is now a passkey of this site (in a dry run: would be one), and remarks about it."""

    user_key: Any
    remarks: tuple[str, ...] = ()


Outcome = Imported | NotTaken


def import_credentials(
    credentials: Iterable[Listed], *, dry_run: bool = False, tell_owners: bool = True
) -> Iterator[Outcome]:
    """Store another package's credentials as passkeys that only this site holds.

    Credentials are read lazily, and each batch is one transaction. After a run that was stopped, the next run adds
    exactly the rest. Passkeys that are here do not change. A passkey that was removed here does not come back
    (`Tombstone`).

    The passkeys keep the user handles that the authenticators hold. Later passkeys get a `UserHandle`, as for
    everybody.

    The history gets a row for each passkey, and people are told as `adopt_credentials` tells them.

    Raises ImproperlyConfigured without PASSKEY_RP_ID, and what `credentials` raises.
    """
    relying_party = get_relying_party(None)
    batches = in_batches(credentials)
    outcomes = (outcome for batch in batches for outcome in _imported(batch, relying_party, dry_run))
    return outcomes if dry_run else announced(outcomes, tell_owners=tell_owners)


def _imported(batch: list[Listed], relying_party: RelyingParty, dry_run: bool) -> list[Outcome]:
    checked = [_checked(listed, relying_party) for listed in batch]
    return insert_judged(lambda: _judge(checked, relying_party), dry_run=dry_run)


def _checked(listed: Listed, relying_party: RelyingParty) -> Listed:
    """The credential, or why it can never be a passkey here. This does not ask the database."""
    if isinstance(listed, NotTaken):
        return listed
    reason = _unfitness(listed, relying_party)
    return NotTaken(user_key=listed.user_key, reason=reason) if reason else listed


def _unfitness(credential: ForeignCredential, relying_party: RelyingParty) -> str:
    """Why the credential can be neither a passkey nor a security key here; empty if it can."""
    if credential.rp_id_hash not in (None, relying_party.id_hash):
        return Reason.OTHER_RP_ID
    if not 1 <= len(credential.user_handle) <= USER_HANDLE_MAX_BYTES:
        return Reason.NO_USER_HANDLE
    if not 1 <= len(base64url_decode(credential.credential_id)) <= CREDENTIAL_ID_MAX_BYTES:
        return Reason.BAD_ID
    try:
        load_public_key(credential.public_key)
    except ValueError as exc:
        return str(exc)
    return ""


def _judge(checked: list[Listed], relying_party: RelyingParty) -> list[Outcome]:
    """What happens to each credential of the batch."""
    fit = [listed for listed in checked if isinstance(listed, ForeignCredential)]
    users, decided = existing_keys({credential.user_key for credential in fit}), _decided(fit, relying_party)
    outcomes: list[Outcome] = []
    for listed in checked:
        if isinstance(listed, NotTaken):
            outcomes.append(listed)
            continue
        outcome = _decide(listed, users, decided, relying_party)
        if isinstance(outcome, Imported):  # the other package may hold it twice
            decided[listed.credential_id] = Reason.ALREADY_HERE
        outcomes.append(outcome)
    return outcomes


def _decided(credentials: list[ForeignCredential], relying_party: RelyingParty) -> dict[str, Reason]:
    """Why a credential is left out that is here, or was removed here.

    The order of the queries matters: if a passkey is removed between them, the second query finds its removal.
    """
    ids = [credential.credential_id for credential in credentials]
    here = dict.fromkeys(Passkey.objects.known(ids), Reason.ALREADY_HERE)
    removed = Tombstone.objects.removed(rp_id=relying_party.id, credential_ids=ids)
    return dict.fromkeys(removed, Reason.REMOVED_HERE) | here


def _decide(
    credential: ForeignCredential, users: set[Any], decided: dict[str, Reason], relying_party: RelyingParty
) -> Outcome:
    reason = decided.get(credential.credential_id)
    if reason is None and credential.user_key not in users:
        reason = Reason.NO_USER
    if reason is not None:
        return NotTaken(user_key=credential.user_key, reason=reason)
    return Imported(
        passkey=_passkey(credential, relying_party), user_key=credential.user_key, remarks=_remarks(credential)
    )


def _remarks(credential: ForeignCredential) -> tuple[str, ...]:
    """The remarks for the report. A passkey that can be synced is always discoverable."""
    is_unsure = credential.discoverable is None and not credential.backup_eligible
    kind = AS_SECURITY_KEY if credential.is_security_key else UNSURE if is_unsure else ""
    return tuple(filter(None, (credential.remark, kind)))


def _passkey(credential: ForeignCredential, relying_party: RelyingParty) -> Passkey:
    return Passkey(
        user_id=credential.user_key,
        kind=PasskeyKind.SECURITY_KEY if credential.is_security_key else PasskeyKind.PASSKEY,
        rp_id=relying_party.id,
        user_handle=credential.user_handle,
        credential_id=credential.credential_id,
        credential_id_sha256=credential_id_sha256(credential.credential_id),  # bulk_create() does not call save()
        public_key=credential.public_key,
        sign_count=credential.sign_count,
        aaguid=credential.aaguid,
        transports=list(credential.transports),
        backup_eligible=credential.backup_eligible,
        backup_state=credential.backup_state,
        user_verified=True if credential.user_verified else None,  # None: the first login must verify
        name=fit_name(credential.name, credential.aaguid, is_security_key=credential.is_security_key),
        created_at=credential.created_at or credential.last_used_at or timezone.now(),
        last_used_at=credential.last_used_at,
    )
