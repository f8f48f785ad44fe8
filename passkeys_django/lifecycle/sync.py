"""Our rows and a provider's copies, compared and repaired."""

import time
from collections.abc import Container, Iterable, Iterator, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone

from ..models import Passkey, RemovedPasskey, UserHandle
from ..providers.base import BaseProvider, ProviderCredential, UnreadableCredential
from .adoption import Adopted, Skipped, adopt_credentials
from .batches import in_batches
from .copies import pending_removals
from .removal import revoke_here

REGISTRATION_TIME = timedelta(seconds=2)
"""A registration stores its row a moment after the provider has stored its copy."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is where. Second factors are in none of the sets: they are none of our business."""

    both: int
    """Passkeys here that the provider holds."""
    only_here: list[UUID]
    """Passkeys here that the provider does not hold."""
    only_there: list[ProviderCredential]
    """Credentials there without a passkey of this provider here."""
    owners: dict[str, AbstractBaseUser]
    """Whose credentials of `only_there` are, by user id: those that are the handle of a user here."""
    of_unknown_users: int
    """How many of `only_there` have a user id under which nobody here has a handle or a passkey."""
    held_otherwise: set[str]
    """Credentials of `only_there` that are passkeys here, but not this provider's: ids."""
    removed_here: int
    """Credentials there whose removal here has not reached the provider yet."""
    second_factors: int
    unreadable: list[UnreadableCredential]
    refused: list[UUID]
    """Passkeys here that the provider refused once and holds now."""
    begun_at: datetime


@dataclass(frozen=True, kw_only=True)
class _Row:
    pk: UUID
    is_refused: bool


class _Here:
    """A look at our database: the provider's passkeys by credential id, and what it is still to forget."""

    def __init__(self, provider: BaseProvider) -> None:
        rows = Passkey.objects.written().filter(provider=provider.identity).order_by()
        self.pending = set(pending_removals(provider))
        self.rows = {
            credential_id: _Row(pk=pk, is_refused=refused_at is not None)
            for credential_id, pk, refused_at in rows.values_list("credential_id", "pk", "refused_at")
        }

    @property
    def ids(self) -> set[str]:
        return self.rows.keys() | self.pending


@dataclass
class _There:
    """What the provider holds."""

    passkeys: dict[str, ProviderCredential] = field(default_factory=dict)
    second_factors: set[str] = field(default_factory=set)
    unreadable: dict[str, UnreadableCredential] = field(default_factory=dict)

    def add(self, listed: ProviderCredential | UnreadableCredential) -> None:
        if isinstance(listed, UnreadableCredential):
            self.unreadable[listed.id] = listed
        elif listed.is_second_factor:
            self.second_factors.add(listed.id)
        else:
            self.passkeys[listed.id] = listed

    @property
    def ids(self) -> set[str]:
        return self.passkeys.keys() | self.second_factors | self.unreadable.keys()


def compare(provider: BaseProvider) -> Comparison:
    """Read all credentials of a provider that keeps copies, and our rows of it.

    Our database is read before and after: what is registered or removed while the provider is read is in only one
    of the two looks, and belongs neither to `only_here` nor to `only_there`. Raises ProviderUnavailable,
    ProviderRejected.
    """
    begun_at = timezone.now()
    before = _Here(provider)
    there = _There()
    for listed in provider.list_credentials():
        there.add(listed)
    here = _Here(provider)
    stable = before.rows.keys() & here.rows.keys()
    missing = _missing(provider, stable - there.ids)
    both = (stable | there.ids) & (here.rows.keys() - missing - there.second_factors)
    unmatched = there.passkeys.keys() - before.ids - here.ids
    only_there = [each for id_, each in there.passkeys.items() if id_ in unmatched]
    owners = _owners(only_there)
    return Comparison(
        both=len(both),
        only_here=[here.rows[id_].pk for id_ in missing],
        only_there=only_there,
        owners=owners,
        of_unknown_users=_of_unknown_users(only_there, owners),
        held_otherwise=_held_otherwise(only_there),
        removed_here=len(there.passkeys.keys() & here.pending - here.rows.keys()),
        second_factors=len(there.second_factors),
        unreadable=list(there.unreadable.values()),
        refused=[here.rows[id_].pk for id_ in both if here.rows[id_].is_refused],
        begun_at=begun_at,
    )


def _missing(provider: BaseProvider, unlisted: Set[str]) -> set[str]:
    """Each is asked for by its id: a listing that shifts between pages may leave one out."""
    return {credential_id for credential_id in unlisted if not provider.has_credential(credential_id)}


def _owners(credentials: list[ProviderCredential]) -> dict[str, AbstractBaseUser]:
    handles = UserHandle.objects.written().select_related("user")
    owners: dict[str, AbstractBaseUser] = {}
    # Handles are printable; what else a tenant may use, some databases cannot even be asked for.
    for batch in in_batches({each.user_id for each in credentials if each.user_id.isprintable()}):
        owners.update({handle.handle: handle.user for handle in handles.filter(handle__in=batch)})
    return owners


def _of_unknown_users(credentials: list[ProviderCredential], owners: Container[str]) -> int:
    """Adopted passkeys keep the tenant's user ids, which are nobody's handle."""
    left = [each.user_id.encode(errors="replace") for each in credentials if each.user_id not in owners]
    if not left:
        return 0
    handles = Passkey.objects.written().order_by().values_list("user_handle", flat=True)
    known = {bytes(handle) for handle in handles.iterator()}
    return sum(user_id not in known for user_id in left)


def _held_otherwise(credentials: list[ProviderCredential]) -> set[str]:
    held: set[str] = set()
    for batch in in_batches(credential.id for credential in credentials):
        held |= Passkey.objects.known(batch)
    return held


def accept_again(comparison: Comparison) -> int:
    """Let the passkeys in again that the provider refused once and holds now. How many?"""
    rows = Passkey.objects.written().filter(refused_at__lt=comparison.begun_at)
    return sum(rows.filter(pk__in=batch).update(refused_at=None) for batch in in_batches(comparison.refused))


def adopt(provider: BaseProvider, comparison: Comparison, *, dry_run: bool = False) -> Iterator[Adopted | Skipped]:
    """Take over what is only there and whose user id is the handle of a user here: nothing is guessed.

    Raises ImproperlyConfigured without PASSKEY_RP_ID.
    """
    owned = [credential for credential in comparison.only_there if credential.user_id in comparison.owners]
    return adopt_credentials(
        provider, owned, find_users=lambda user_id: [comparison.owners[user_id]], dry_run=dry_run
    )


def wait_for_registrations(orphans: Iterable[ProviderCredential]) -> None:
    """Until a registration under way has stored its row: an orphan may turn out to be somebody's new passkey."""
    youngest = max(orphan.created_at for orphan in orphans)
    left = REGISTRATION_TIME - (datetime.now(UTC) - youngest)
    if left > timedelta(0):
        time.sleep(min(left, REGISTRATION_TIME).total_seconds())


def remove_missing(provider: BaseProvider, comparison: Comparison) -> Iterator[Passkey]:
    """Delete the passkeys here that the provider does not hold, and yield each. Sends `passkey_removed`."""
    rows = Passkey.objects.written().filter(provider=provider.identity)
    for batch in in_batches(comparison.only_here):
        for passkey in filter(revoke_here, rows.filter(pk__in=batch).select_related("user")):
            # It has no copy to delete: that was asked a moment ago.
            RemovedPasskey.objects.named(provider=passkey.provider, credential_id=passkey.credential_id).delete()
            yield passkey
