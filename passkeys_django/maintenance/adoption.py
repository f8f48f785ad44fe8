"""Takes over the credentials that a provider held before this site knew of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.base_user import AbstractBaseUser

from ..models import Passkey, RemovedPasskey, Tombstone, credential_id_sha256, storable
from ..protocol.base64url import base64url_decode
from ..protocol.descriptors import CREDENTIAL_ID_MAX_BYTES, USER_HANDLE_MAX_BYTES
from ..protocol.public_keys import load_public_key
from ..providers.base import BaseProvider, ProviderCredential, UnreadableCredential
from ..relying_party import get_relying_party
from .announcing import announced
from .insertion import New, fit_name, insert_judged
from .users import UserFinder, Users

BATCH_SIZE = 500

Listed = ProviderCredential | UnreadableCredential
FindUsers = Callable[[str], Users]


VERIFIED_HERE = "adopted; the provider refuses logins under such a user id, so this site verifies them"


class SkipReason(StrEnum):
    """Why a credential was not adopted."""

    NO_USER = "no user has this user id"
    SEVERAL_USERS = "several users have this user id"
    ALREADY_HERE = "already here"
    REMOVED_HERE = "removed here, and still to be removed at the provider"
    REMOVED_BEFORE = "removed here before"
    SECOND_FACTOR = "a second factor"
    UNREADABLE_CREDENTIAL = "unreadable credential"
    UNREADABLE_PUBLIC_KEY = "unreadable public key"
    ID_TOO_LONG = "credential id or user id too long"


@dataclass(frozen=True, kw_only=True)
class Adopted(New):
    """A credential that is now a passkey of this site (in a dry run: would be one), and a remark about it."""

    credential_id: str
    user_id: str
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A credential that was not adopted. `user_id` is empty if the credential could not be read."""

    credential_id: str
    user_id: str
    reason: SkipReason


Outcome = Adopted | Skipped


def adopt_credentials(
    provider: BaseProvider,
    credentials: Iterable[Listed],
    *,
    find_users: FindUsers,
    dry_run: bool = False,
    tell_owners: bool = True,
) -> Iterator[Outcome]:
    """Store a provider's credentials as passkeys of the users that `find_users` gives for their user ids.

    Credentials are read lazily, and each batch is one transaction. After a run that was stopped, the next run adds
    exactly the rest. Two runs at the same time add each credential once. `find_users` is called for each user id;
    a `UserFinder` is asked for a whole batch at a time.

    A provider's list does not tell whether the user was verified at registration: `user_verified` is None, and the
    first login here must verify the user. It does not tell the signature counter either: the counter starts at 0.

    The passkeys keep the tenant's user ids as user handles. Later passkeys of these users get a `UserHandle`, as
    for everybody, since the tenant's user ids may be keys or addresses. So the tenant will know one person under
    two ids, which does no harm.

    The history gets a row for each passkey. When the run ends or breaks off, `passkeys_adopted` is sent once for
    each person. With `tell_owners`, this person is also told by e-mail.

    Raises ImproperlyConfigured without PASSKEY_RP_ID, and what `credentials` and `find_users` raise.
    """
    adoption = _Adoption(provider, get_relying_party(None).id, find_users, dry_run)
    outcomes = (outcome for batch in _batches(credentials) for outcome in adoption.adopt(batch))
    return outcomes if dry_run else announced(outcomes, tell_owners=tell_owners)


def _batches(credentials: Iterable[Listed]) -> Iterator[list[Listed]]:
    batch: list[Listed] = []
    for credential in credentials:
        batch.append(credential)
        if len(batch) == BATCH_SIZE:
            yield batch
            batch = []
    yield batch


@dataclass(frozen=True)
class _Adoption:
    """What all batches of an adoption share."""

    provider: BaseProvider
    rp_id: str
    find_users: FindUsers
    dry_run: bool

    def adopt(self, batch: list[Listed]) -> list[Outcome]:
        """Decide about one batch, and store its passkeys."""
        return insert_judged(lambda: self._judge(batch), dry_run=self.dry_run)

    def _judge(self, batch: list[Listed]) -> list[Outcome]:
        """What happens to each credential of the batch."""
        checked = [_checked(listed) for listed in batch]
        fit = [credential for credential in checked if isinstance(credential, ProviderCredential)]
        users = _find_all(self.find_users, {credential.user_id for credential in fit})
        decided = self._decided({credential.id: credential.user_id.encode() for credential in fit})
        outcomes: list[Outcome] = []
        for item in checked:
            outcome = item if isinstance(item, Skipped) else self._decide(item, decided, users[item.user_id])
            if isinstance(outcome, Adopted):  # a list that changes while we read it may name a credential twice
                decided[outcome.credential_id] = SkipReason.ALREADY_HERE
            outcomes.append(outcome)
        return outcomes

    def _decided(self, user_handles: dict[str, bytes]) -> dict[str, SkipReason]:
        """Why a credential is skipped that is here, or was removed here. `user_handles`: by credential id.

        The order of the queries matters: if a passkey is removed between them, a later query finds its removal.
        """
        here = dict.fromkeys(Passkey.objects.known(user_handles), SkipReason.ALREADY_HERE)
        removed = RemovedPasskey.objects.pending(provider=self.provider.identity, user_handles=user_handles)
        before = Tombstone.objects.removed(rp_id=self.rp_id, credential_ids=user_handles)
        return (
            dict.fromkeys(before, SkipReason.REMOVED_BEFORE)
            | dict.fromkeys(removed, SkipReason.REMOVED_HERE)
            | here
        )

    def _decide(self, credential: ProviderCredential, decided: dict[str, SkipReason], users: Users) -> Outcome:
        if credential.id in decided:
            return _skipped(credential, decided[credential.id])
        if len(users) != 1:
            return _skipped(credential, SkipReason.SEVERAL_USERS if users else SkipReason.NO_USER)
        return Adopted(
            credential_id=credential.id,
            user_id=credential.user_id,
            passkey=self._passkey(credential, users[0]),
            remark="" if self.provider.finishes_logins_of(credential.user_id.encode()) else VERIFIED_HERE,
        )

    def _passkey(self, credential: ProviderCredential, user: AbstractBaseUser) -> Passkey:
        return Passkey(
            user=user,  # type: ignore[misc]  # the plugin knows one user model only
            provider=self.provider.identity,
            rp_id=self.rp_id,
            user_handle=credential.user_id.encode(),
            credential_id=credential.id,
            credential_id_sha256=credential_id_sha256(credential.id),  # bulk_create() does not call save()
            public_key=credential.public_key,
            aaguid=credential.aaguid,
            transports=list(credential.transports),
            backup_eligible=credential.backup_eligible,
            backup_state=credential.backup_state,
            user_verified=None,
            name=_name(credential),
            created_at=storable(credential.created_at),
            last_used_at=storable(credential.last_used_at) if credential.last_used_at else None,
        )


def _checked(listed: Listed) -> ProviderCredential | Skipped:
    """The credential, or why it can never be a passkey here. This does not ask the database."""
    if isinstance(listed, UnreadableCredential):
        return Skipped(credential_id=listed.id, user_id="", reason=SkipReason.UNREADABLE_CREDENTIAL)
    if listed.is_second_factor:
        return _skipped(listed, SkipReason.SECOND_FACTOR)
    if len(base64url_decode(listed.id)) > CREDENTIAL_ID_MAX_BYTES:
        return _skipped(listed, SkipReason.ID_TOO_LONG)
    try:
        if len(listed.user_id.encode()) > USER_HANDLE_MAX_BYTES:
            return _skipped(listed, SkipReason.ID_TOO_LONG)
    except UnicodeEncodeError:  # lone surrogates: an authenticator cannot hold such a user id
        return _skipped(listed, SkipReason.UNREADABLE_CREDENTIAL)
    try:
        load_public_key(listed.public_key)
    except ValueError:
        return _skipped(listed, SkipReason.UNREADABLE_PUBLIC_KEY)
    return listed


def _skipped(credential: ProviderCredential, reason: SkipReason) -> Skipped:
    return Skipped(credential_id=credential.id, user_id=credential.user_id, reason=reason)


def _find_all(find_users: FindUsers, user_ids: set[str]) -> Mapping[str, Users]:
    if isinstance(find_users, UserFinder):
        return find_users.find(user_ids)
    return {user_id: find_users(user_id) for user_id in user_ids}


def _name(credential: ProviderCredential) -> str:
    """The name of the credential at the provider, unless that name only repeats the id."""
    return fit_name("" if credential.name == f"cred-{credential.id}" else credential.name, credential.aaguid)
