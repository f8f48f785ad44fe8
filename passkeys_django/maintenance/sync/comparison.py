"""Compares our rows with a provider's copies. It notes what it finds in a temporary file: memory stays flat."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from ...lifecycle.batches import in_batches, in_pages
from ...models import Passkey, PasskeyQuerySet, RemovedPasskey
from ...providers.base import BaseProvider, ProviderCredential, UnreadableCredential
from ..on_disk import Notes, key_of, pickled
from ..users import People, people_known_as
from .listing import Fate, Kind, Listed, Listing, Watch

LISTED_AT_ONCE = 100
"""About so many credentials are in one answer of a provider's list."""
SCHEMA = """
CREATE TABLE before (id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE going (id BLOB, handle BLOB, PRIMARY KEY (id, handle)) WITHOUT ROWID;
CREATE TABLE missing (id BLOB PRIMARY KEY, pk BLOB, owner BLOB) WITHOUT ROWID;
CREATE INDEX missing_owner ON missing (owner);
CREATE TABLE refused (pk BLOB PRIMARY KEY) WITHOUT ROWID;
"""


class Comparison:
    """Which passkeys and security keys are where. Second factors of other sites are only counted."""

    def __init__(self, provider: BaseProvider, *, watched: Watch = iter) -> None:
        """Compare all credentials of a provider that keeps copies with our rows of this provider.

        Our database is read before and after the provider. A passkey that is registered or removed meanwhile is in
        only one of the two looks, and belongs neither to `only_here` nor to `only_there`. `watched` gets what is
        read here and there. Raises ProviderUnavailable, ProviderRejected.
        """
        self.begun_at = timezone.now()
        self._provider, self._watched = provider, watched
        self._notes = Notes(SCHEMA)
        self._look_before()
        self._there = Listing(watched(provider.list_credentials()))
        self.both = 0
        self._own_keys = 0
        self._look_after()
        self._look_again()
        self.fates: Counter[Fate] = Counter()
        self._second_factors_removed = 0
        for batch in self._there.batches(Fate.NOT_LOOKED_AT):
            self._decide(batch)

    @property
    def only_here(self) -> int:
        """How many passkeys here the provider does not hold, as far as its lists tell."""
        return self._count("missing")

    @property
    def only_there(self) -> int:
        """How many credentials there have no passkey of this provider here."""
        return sum(self.fates[fate] for fate in Fate if fate >= Fate.ONLY_THERE)

    @property
    def orphans(self) -> int:
        """How many credentials may be deleted there: those of unknown users, and needless copies.

        A known user's credential without a row here may be a passkey that this user needs at another site. It
        can be adopted.
        """
        return self.fates[Fate.ORPHAN] + self.fates[Fate.HELD_OTHERWISE]

    @property
    def removed_here(self) -> int:
        """How many credentials there were removed here, which has not reached the provider yet."""
        return self.fates[Fate.REMOVED_HERE]

    @property
    def second_factors(self) -> int:
        return self._there.number_of(Kind.SECOND_FACTOR) - self._own_keys - self._second_factors_removed

    @property
    def refused(self) -> int:
        """How many passkeys here the provider refused once and holds now."""
        return self._count("refused")

    def unreadable(self) -> Iterator[UnreadableCredential]:
        return self._there.unreadable()

    def list_orphans(self) -> Iterator[ProviderCredential]:
        for fate in (Fate.ORPHAN, Fate.HELD_OTHERWISE):
            for batch in self._there.batches(fate):
                yield from batch

    def list_adoptable(self) -> Iterator[ProviderCredential]:
        """Those only there whose user is certain. Adoption says of some of them that they are here already."""
        for batch in self._there.batches(Fate.OF_KNOWN_USER):
            yield from batch
        for batch in self._there.batches(Fate.HELD_OTHERWISE):
            users = self._people(batch).users
            yield from (copy for copy in batch if copy.user_id in users)

    def list_refused(self) -> Iterator[list[UUID]]:
        for page in self._notes.pages("SELECT pk FROM refused WHERE pk > ?"):
            yield [UUID(bytes=pk) for (pk,) in page]

    def list_missing(self) -> Iterator[list[UUID]]:
        """The primary keys of the passkeys that are only here, a few hundred at a time, all of a user together."""
        for page in self._notes.pages("SELECT DISTINCT owner FROM missing WHERE owner > ?"):
            owners = [owner for (owner,) in page]
            rows = self._notes.among("SELECT pk FROM missing WHERE owner IN ({})", owners)
            yield [UUID(bytes=pk) for (pk,) in rows]

    def _count(self, table: str) -> int:
        return int(self._notes.run(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608  # our own names

    def _look_before(self) -> None:
        """Passkeys first: one that is removed between the two queries is in the second one."""
        for page in self._pages(self._passkeys().only("credential_id")):
            self._notes.write(
                "INSERT OR IGNORE INTO before VALUES (?)", ((key_of(row.credential_id),) for row in page)
            )
        removals = RemovedPasskey.objects.on_primary().filter(provider=self._provider.identity)
        for page in self._pages(removals):
            rows = [(key_of(row.credential_id), row.user_handle) for row in page]
            self._notes.write("INSERT OR IGNORE INTO going VALUES (?, ?)", rows)

    def _look_after(self) -> None:
        fields = ("credential_id", "user_handle", "kind", "refused_at", "user_id", "provider")
        for rows in self._pages(self._passkeys().only(*fields)):
            page = [row for row in rows if row.provider == self._provider.identity]  # some databases ignore case
            copies = self._there.find(passkey.credential_id for passkey in page)
            before = self._stood_before(passkey.credential_id for passkey in page)
            self._there.decide((id_, Fate.IS_HERE) for id_ in copies)
            for passkey in page:
                self._compare(passkey, copies.get(passkey.credential_id))
            unlisted = [row for row in page if row.credential_id not in copies and row.credential_id in before]
            self._note_missing(unlisted)

    def _compare(self, passkey: Passkey, copy: Listed | None) -> None:
        is_second_factor = isinstance(copy, ProviderCredential) and copy.is_second_factor
        if copy is None or (is_second_factor and not passkey.is_security_key):
            return
        self.both += 1
        self._own_keys += is_second_factor
        if passkey.refused_at and isinstance(copy, ProviderCredential) and copy.is_of(bytes(passkey.user_handle)):
            self._notes.write("INSERT INTO refused VALUES (?)", [(passkey.pk.bytes,)])

    def _note_missing(self, passkeys: list[Passkey]) -> None:
        rows = [(key_of(row.credential_id), row.pk.bytes, pickled(row.user_id)) for row in passkeys]
        self._notes.write("INSERT OR REPLACE INTO missing VALUES (?, ?, ?)", rows)

    def _look_again(self) -> None:
        """A list whose pages shift while we read them may leave a credential out, so the provider is asked again.

        It is asked for each credential by its id, or for the whole list once more if that takes fewer requests.
        The second list may leave a credential out, too. So `remove_missing` asks by id before it deletes anything.
        """
        unlisted = self.only_here
        held: Iterator[str]
        if unlisted * LISTED_AT_ONCE <= max(self._there.count, LISTED_AT_ONCE):
            held = filter(self._provider.has_credential, self._watched(self._missing_ids()))
        else:
            held = (listed.id for listed in self._watched(self._provider.list_credentials()))
        for batch in in_batches(held):
            self._notes.write("DELETE FROM missing WHERE id = ?", ((key_of(id_),) for id_ in batch))
        self.both += unlisted - self.only_here

    def _missing_ids(self) -> Iterator[str]:
        for page in self._notes.pages("SELECT id FROM missing WHERE id > ?"):
            yield from (_id_of(key) for (key,) in page)

    def _decide(self, copies: list[ProviderCredential]) -> None:
        """What becomes of a few hundred credentials that are not here."""
        handles = {copy.id: copy.user_id.encode(errors="surrogatepass") for copy in copies}
        going = RemovedPasskey.objects.pending(provider=self._provider.identity, user_handles=handles)
        stood = self._stood_before(handles)
        strangers = [copy for copy in copies if copy.id not in going and copy.id not in stood]
        strangers = [copy for copy in strangers if not (copy.is_second_factor or self._was_going(copy))]
        fates = dict.fromkeys(going, Fate.REMOVED_HERE) | self._fates(strangers)
        self._second_factors_removed += sum(copy.is_second_factor for copy in copies if copy.id in going)
        self._there.decide(fates.items())
        self.fates.update(fates.values())

    def _fates(self, strangers: list[ProviderCredential]) -> dict[str, Fate]:
        people = self._people(strangers)
        held = _held_otherwise(strangers)
        fates: dict[str, Fate] = {}
        for copy in strangers:
            if copy.user_id not in people.known:
                fates[copy.id] = Fate.ORPHAN
            elif copy.id in held:
                fates[copy.id] = Fate.HELD_OTHERWISE
            else:
                fates[copy.id] = Fate.OF_KNOWN_USER if copy.user_id in people.users else Fate.ONLY_THERE
        return fates

    def _people(self, copies: list[ProviderCredential]) -> People:
        return people_known_as({copy.user_id for copy in copies}, provider=self._provider.identity)

    def _stood_before(self, credential_ids: Iterable[str]) -> set[str]:
        rows = self._notes.among("SELECT id FROM before WHERE id IN ({})", map(key_of, credential_ids))
        return {_id_of(key) for (key,) in rows}

    def _was_going(self, copy: ProviderCredential) -> bool:
        """Was its removal pending before the list was read? Another user's credential does not count."""
        rows = self._notes.run("SELECT handle FROM going WHERE id = ?", key_of(copy.id))
        return any(copy.is_of(handle) for (handle,) in rows)

    def _pages(self, rows: QuerySet[Any]) -> Iterator[list[Any]]:
        """Our rows, a few hundred at a time. Reading a million takes a minute: it is watched, too."""
        return in_batches(self._watched(chain.from_iterable(in_pages(rows))))

    def _passkeys(self) -> PasskeyQuerySet:
        return Passkey.objects.on_primary().filter(provider=self._provider.identity)


def _id_of(key: bytes) -> str:
    return key.decode(errors="surrogatepass")


def _held_otherwise(copies: list[ProviderCredential]) -> set[str]:
    """The ids of the copies that the same user has as passkeys here, but not this provider's."""
    handles = Passkey.objects.user_handles(copy.id for copy in copies)
    return {copy.id for copy in copies if copy.id in handles and copy.is_of(handles[copy.id])}
