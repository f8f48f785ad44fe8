"""Taking over the credentials that another package stored, so that people sign in with the passkey they have."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from ..imports import ForeignCredential, NotTaken, Reason
from ..lifecycle.batches import in_batches
from ..models import Passkey, Tombstone, credential_id_sha256
from ..protocol.base64url import base64url_decode
from ..protocol.descriptors import CREDENTIAL_ID_MAX_BYTES, USER_HANDLE_MAX_BYTES
from ..protocol.public_keys import load_public_key
from ..protocol.relying_party import RelyingParty
from ..relying_party import get_relying_party
from .announcing import announced
from .insertion import New, fit_name, insert_judged
from .users import existing_keys

UNSURE = "imported, though nobody knows whether it signs in without a username"
Listed = ForeignCredential | NotTaken


@dataclass(frozen=True, kw_only=True)
class Imported(New):
    """A credential that is a passkey of this site now (in a dry run: that would be), and what to know about it."""

    user_key: Any
    remarks: tuple[str, ...] = ()


Outcome = Imported | NotTaken


def import_credentials(
    credentials: Iterable[Listed], *, dry_run: bool = False, tell_owners: bool = True
) -> Iterator[Outcome]:
    """Store another package's credentials as passkeys that only this site holds.

    Lazily, in batches that are each one transaction: whoever stops in the middle and starts again adds exactly the
    rest, and nothing that is here is changed. A passkey that was removed here is not brought back (`Tombstone`).
    User handles stay as the authenticators hold them; passkeys to
    come get a `UserHandle` as everybody's do.

    The history has a row for each, and people are told as `adopt_credentials` tells them.

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
    """Without asking the database: can this be a passkey here at all?"""
    if isinstance(listed, NotTaken):
        return listed
    reason = _unfitness(listed, relying_party)
    return NotTaken(user_key=listed.user_key, reason=reason) if reason else listed


def _unfitness(credential: ForeignCredential, relying_party: RelyingParty) -> str:
    """Why it cannot, or nothing.

    A credential that is not discoverable would do harm here: it signs nobody in, and `excludeCredentials` would
    keep its security key from creating one that does.
    """
    if credential.discoverable is False:
        return Reason.SECOND_FACTOR
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
    """What is to become of each."""
    fit = [listed for listed in checked if isinstance(listed, ForeignCredential)]
    users, decided = existing_keys({credential.user_key for credential in fit}), _decided(fit, relying_party)
    outcomes: list[Outcome] = []
    for listed in checked:
        if isinstance(listed, NotTaken):
            outcomes.append(listed)
            continue
        outcome = _decide(listed, users, decided, relying_party)
        if isinstance(outcome, Imported):  # it may be there twice
            decided[listed.credential_id] = Reason.ALREADY_HERE
        outcomes.append(outcome)
    return outcomes


def _decided(credentials: list[ForeignCredential], relying_party: RelyingParty) -> dict[str, Reason]:
    """Those that are here or were. In this order: what is removed between the two queries is in the second."""
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
    """A passkey that can be synced is always discoverable."""
    is_unsure = credential.discoverable is None and not credential.backup_eligible
    return tuple(filter(None, (credential.remark, UNSURE if is_unsure else "")))


def _passkey(credential: ForeignCredential, relying_party: RelyingParty) -> Passkey:
    return Passkey(
        user_id=credential.user_key,
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
        user_verified=True if credential.user_verified else None,  # then the first login here must
        name=fit_name(credential.name, credential.aaguid),
        created_at=credential.created_at or credential.last_used_at or timezone.now(),
        last_used_at=credential.last_used_at,
    )
