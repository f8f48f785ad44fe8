"""Compares our rows with a provider's copies, and repairs the differences."""

import time
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from ..lifecycle.batches import in_batches
from ..lifecycle.removal import revoke_here
from ..models import Passkey, PasskeyKind, RemovedPasskey
from ..providers.base import BaseProvider, ProviderCredential, UnreadableCredential
from .adoption import Adopted, Skipped, adopt_credentials
from .copies import pending_removals
from .users import People, people_known_as

REGISTRATION_TIME = timedelta(seconds=2)
"""A registration stores its row at most this long after the provider has stored its copy."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Which passkeys and security keys are where. Second factors of other sites are only counted."""

    both: int
    """Passkeys here that the provider holds."""
    only_here: list[UUID]
    """Passkeys here that the provider does not hold."""
    only_there: list[ProviderCredential]
    """Credentials there without a passkey of this provider here."""
    people: People
    """The owners of the credentials in `only_there`."""
    held_otherwise: set[str]
    """Ids of the credentials in `only_there` that the same user has as passkeys here, but not this provider's."""
    removed_here: int
    """Credentials there whose removal here has not reached the provider yet."""
    second_factors: int
    unreadable: list[UnreadableCredential]
    refused: list[UUID]
    """Passkeys here that the provider refused once and holds now."""
    begun_at: datetime

    @property
    def of_unknown_users(self) -> list[ProviderCredential]:
        """Credentials in `only_there` whose user id belongs to nobody here, by handle or by passkey."""
        return [each for each in self.only_there if each.user_id not in self.people.known]

    @property
    def orphans(self) -> list[ProviderCredential]:
        """Credentials in `only_there` that may be deleted: those of unknown users, and needless copies.

        A known user's credential without a row here may be a passkey that this user needs at another site. It
        can be adopted.
        """
        copies = [each for each in self.only_there if each.id in self.held_otherwise]
        return [*self.of_unknown_users, *copies]


@dataclass(frozen=True, kw_only=True)
class _Row:
    pk: UUID
    user_handle: bytes
    is_refused: bool
    is_security_key: bool


class _Here:
    """A look at our database: the provider's passkeys by credential id, and its pending removals."""

    def __init__(self, provider: BaseProvider) -> None:
        rows = Passkey.objects.on_primary().filter(provider=provider.identity).order_by()
        self._removals: dict[str, list[RemovedPasskey]] = {}
        for removal in pending_removals(provider):
            self._removals.setdefault(removal.credential_id, []).append(removal)
        self.rows = {
            credential_id: _Row(
                pk=pk,
                user_handle=bytes(handle),
                is_refused=refused_at is not None,
                is_security_key=kind == PasskeyKind.SECURITY_KEY,
            )
            for credential_id, pk, handle, refused_at, kind in rows.values_list(
                "credential_id", "pk", "user_handle", "refused_at", "kind"
            )
        }

    def is_removed(self, copy: ProviderCredential) -> bool:
        """Is the removal of this copy pending? Another user's credential of the same id does not count."""
        handle = copy.user_id.encode(errors="surrogatepass")
        return any(removal.is_of(handle) for removal in self._removals.get(copy.id, ()))

    def knows(self, copy: ProviderCredential) -> bool:
        return copy.id in self.rows or self.is_removed(copy)


@dataclass
class _There:
    """What the provider holds."""

    passkeys: dict[str, ProviderCredential] = field(default_factory=dict)
    second_factors: dict[str, ProviderCredential] = field(default_factory=dict)
    unreadable: dict[str, UnreadableCredential] = field(default_factory=dict)

    def has(self, credential_id: str, row: _Row) -> bool:
        """Does the provider hold the credential for the row's user, and take it for what it is good for here?"""
        copy = self.passkeys.get(credential_id)
        if copy is None and row.is_security_key:
            copy = self.second_factors.get(credential_id)
        return copy is not None and copy.is_of(row.user_handle)

    def add(self, listed: ProviderCredential | UnreadableCredential) -> None:
        if isinstance(listed, UnreadableCredential):
            self.unreadable[listed.id] = listed
        elif listed.is_second_factor:
            self.second_factors[listed.id] = listed
        else:
            self.passkeys[listed.id] = listed

    @property
    def ids(self) -> set[str]:
        return self.passkeys.keys() | self.second_factors.keys() | self.unreadable.keys()


def compare(provider: BaseProvider) -> Comparison:
    """Compare all credentials of a provider that keeps copies with our rows of this provider.

    Our database is read before and after the provider. A passkey that is registered or removed meanwhile is in
    only one of the two looks, and belongs neither to `only_here` nor to `only_there`. Raises ProviderUnavailable,
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
    keys = {id_ for id_, row in here.rows.items() if row.is_security_key}
    both = (stable | there.ids) & (here.rows.keys() - missing - (there.second_factors.keys() - keys))
    only_there = [each for each in there.passkeys.values() if not (before.knows(each) or here.knows(each))]
    copies = there.passkeys | there.second_factors
    removed = [each for id_, each in copies.items() if here.is_removed(each) and id_ not in here.rows]
    return Comparison(
        both=len(both),
        only_here=[here.rows[id_].pk for id_ in missing],
        only_there=only_there,
        people=people_known_as({each.user_id for each in only_there}, provider=provider.identity),
        held_otherwise=_held_otherwise(only_there),
        removed_here=len(removed),
        second_factors=len(there.second_factors.keys() - keys - {each.id for each in removed}),
        unreadable=list(there.unreadable.values()),
        refused=[
            here.rows[id_].pk for id_ in both if here.rows[id_].is_refused and there.has(id_, here.rows[id_])
        ],
        begun_at=begun_at,
    )


def _missing(provider: BaseProvider, unlisted: Set[str]) -> set[str]:
    """The credentials that the provider does not hold, asked for by their ids.

    A listing whose pages shift while we read them may leave a credential out.
    """
    return {credential_id for credential_id in unlisted if not provider.has_credential(credential_id)}


def _held_otherwise(copies: list[ProviderCredential]) -> set[str]:
    held: set[str] = set()
    for batch in in_batches(copies):
        handles = Passkey.objects.user_handles(copy.id for copy in batch)
        held.update(copy.id for copy in batch if copy.id in handles and copy.is_of(handles[copy.id]))
    return held


def clear_refusals(comparison: Comparison) -> int:
    """Accept passkeys again that the provider refused once and holds now. Returns how many."""
    rows = Passkey.objects.on_primary().filter(refused_at__lt=comparison.begun_at)
    return sum(rows.filter(pk__in=batch).update(refused_at=None) for batch in in_batches(comparison.refused))


def adopt(
    provider: BaseProvider, comparison: Comparison, *, dry_run: bool = False, tell_owners: bool = True
) -> Iterator[Adopted | Skipped]:
    """Take over the credentials in `only_there` whose user id certainly belongs to a user here: no guesses.

    Raises ImproperlyConfigured without PASSKEY_RP_ID.
    """
    users = comparison.people.users
    owned = [credential for credential in comparison.only_there if credential.user_id in users]
    return adopt_credentials(
        provider,
        owned,
        find_users=lambda user_id: [users[user_id]],
        dry_run=dry_run,
        tell_owners=tell_owners,
    )


def wait_for_registrations(orphans: Iterable[ProviderCredential]) -> None:
    """Wait until a registration under way has stored its row: an orphan may be somebody's new passkey."""
    youngest = max(orphan.created_at for orphan in orphans)
    left = REGISTRATION_TIME - (datetime.now(UTC) - youngest)
    if left > timedelta(0):
        time.sleep(min(left, REGISTRATION_TIME).total_seconds())


def remove_missing(provider: BaseProvider, comparison: Comparison) -> Iterator[Passkey]:
    """Delete the passkeys here that the provider does not hold, and yield each. Sends `passkey_removed`."""
    rows = Passkey.objects.on_primary().filter(provider=provider.identity)
    for batch in in_batches(comparison.only_here):
        for passkey in filter(revoke_here, rows.filter(pk__in=batch).select_related("user")):
            # The provider does not hold a copy, as it said a moment ago: nothing is left to delete there.
            RemovedPasskey.objects.named(provider=passkey.provider, **passkey.at_provider).delete()
            yield passkey
