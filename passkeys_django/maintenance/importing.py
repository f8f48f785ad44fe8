"""Takes over the credentials of another package or site, so that people sign in with the passkeys they have."""

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
from .handles import KnownHandles
from .insertion import New, fit_name, insert_judged
from .users import FindKeys, same_keys

UNSURE = "imported, though nobody knows whether it signs in without a username"
OTHERS_HANDLE = "its user handle means another user here"
AS_SECURITY_KEY = "imported as a security key, which signs in only together with the password"
Listed = ForeignCredential | NotTaken


@dataclass(frozen=True, kw_only=True)
class Imported(New):
    """A credential that is now a passkey of this site (in a dry run: would be one), and remarks about it."""

    user_key: Any
    remarks: tuple[str, ...] = ()


Outcome = Imported | NotTaken


def import_credentials(
    credentials: Iterable[Listed],
    *,
    find_keys: FindKeys = same_keys,
    dry_run: bool = False,
    tell_owners: bool = True,
) -> Iterator[Outcome]:
    """Store the credentials of another package or site as passkeys. `find_keys` finds their users here.

    Credentials are read lazily, and each batch is one transaction. After a run that was stopped, the next run adds
    exactly the rest. Passkeys that are here do not change. A passkey that was removed here does not come back
    (`Tombstone`).

    The passkeys keep the user handles that the authenticators hold. Later passkeys get a `UserHandle`, as for
    everybody: the handle of `ForeignCredential.account`, if the user has none here yet.

    The history gets a row for each passkey, and people are told as `adopt_credentials` tells them.

    Raises ImproperlyConfigured without PASSKEY_RP_ID, and what `credentials` raises.
    """
    relying_party = get_relying_party(None)
    run = _Import(relying_party=relying_party, find_keys=find_keys, dry_run=dry_run)
    outcomes = (outcome for batch in in_batches(credentials) for outcome in run.take(batch))
    return outcomes if dry_run else announced(outcomes, tell_owners=tell_owners)


@dataclass(frozen=True, kw_only=True)
class _Import:
    """What all batches of an import share."""

    relying_party: RelyingParty
    find_keys: FindKeys
    dry_run: bool

    def take(self, batch: list[Listed]) -> list[Outcome]:
        """Decide about one batch, and store its passkeys."""
        checked = [_checked(listed, self.relying_party) for listed in batch]
        return insert_judged(lambda: self._judge(checked), dry_run=self.dry_run)

    def _judge(self, checked: list[Listed]) -> list[Outcome]:
        """What happens to each credential of the batch."""
        fit = [listed for listed in checked if isinstance(listed, ForeignCredential)]
        judge = _Judge(fit, self.find_keys({credential.user_key for credential in fit}), self.relying_party)
        return [listed if isinstance(listed, NotTaken) else judge.decide(listed) for listed in checked]


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


class _Judge:
    """Decides about the credentials of one batch, one after another. `users`: primary keys here, by user key."""

    def __init__(self, fit: list[ForeignCredential], users: dict[Any, Any], relying_party: RelyingParty) -> None:
        self._users, self._relying_party = users, relying_party
        self._decided = _decided(fit, relying_party)
        accounts = ((credential.account, users.get(credential.user_key)) for credential in fit)
        self._handles = KnownHandles((key, account) for account, key in accounts if account and key is not None)

    def decide(self, credential: ForeignCredential) -> Outcome:
        key, account = self._users.get(credential.user_key), credential.account
        reason = self._obstacle(credential, key)
        if reason is not None:
            return NotTaken(user_key=credential.user_key, reason=reason)
        self._decided[credential.credential_id] = Reason.ALREADY_HERE  # the source may hold it twice
        return Imported(
            passkey=_passkey(credential, key, self._relying_party),
            user_handle=self._handles.new(account, key) if account else None,
            user_key=credential.user_key,
            remarks=_remarks(credential),
        )

    def _obstacle(self, credential: ForeignCredential, key: Any) -> str | None:
        if reason := self._decided.get(credential.credential_id):
            return reason
        if key is None:
            return Reason.NO_USER
        account = credential.account
        return OTHERS_HANDLE if account and self._handles.is_of_another(account, key) else None


def _decided(credentials: list[ForeignCredential], relying_party: RelyingParty) -> dict[str, Reason]:
    """Why a credential is left out that is here, or was removed here.

    The order of the queries matters: if a passkey is removed between them, the second query finds its removal.
    """
    ids = [credential.credential_id for credential in credentials]
    here = dict.fromkeys(Passkey.objects.known(ids), Reason.ALREADY_HERE)
    removed = Tombstone.objects.removed(rp_id=relying_party.id, credential_ids=ids)
    return dict.fromkeys(removed, Reason.REMOVED_HERE) | here


def _remarks(credential: ForeignCredential) -> tuple[str, ...]:
    """The remarks for the report. A passkey that can be synced is always discoverable."""
    is_unsure = credential.discoverable is None and not credential.backup_eligible
    kind = AS_SECURITY_KEY if credential.is_security_key else UNSURE if is_unsure else ""
    return tuple(filter(None, (credential.remark, kind)))


def _passkey(credential: ForeignCredential, user_key: Any, relying_party: RelyingParty) -> Passkey:
    return Passkey(
        user_id=user_key,
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
        name=fit_name(credential.name, credential.aaguid, is_security_key=credential.is_security_key),
        created_at=credential.created_at or credential.last_used_at or timezone.now(),
        last_used_at=credential.last_used_at,
        **credential.facts,
    )
