"""What a provider has listed, in a temporary file."""

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from typing import Any

from ...lifecycle.batches import in_batches
from ...providers.base import ProviderCredential, UnreadableCredential
from ..on_disk import Notes, key_of, pickled, unpickled

Listed = ProviderCredential | UnreadableCredential
Watch = Callable[[Iterator[Any]], Iterator[Any]]
"""Passes items on one by one: it may show progress, and raise an exception if somebody stops the command."""
SCHEMA = """
CREATE TABLE there (id BLOB UNIQUE, kind INT, copy BLOB, fate INT DEFAULT 0, number INTEGER PRIMARY KEY);
"""


class Kind(IntEnum):
    """What a listed credential is."""

    PASSKEY = 0
    SECOND_FACTOR = 1
    UNREADABLE = 2


class Fate(IntEnum):
    """What a comparison has found out about a listed credential that is not here as this provider's passkey."""

    NOT_LOOKED_AT = 0
    IS_HERE = 1
    REMOVED_HERE = 2
    ONLY_THERE = 3
    """Of a user who is known here, but perhaps not certainly."""
    OF_KNOWN_USER = 4
    """Only there, of a user who is certain."""
    ORPHAN = 5
    """Only there, and of nobody here."""
    HELD_OTHERWISE = 6
    """Only there; the same user has it here as a passkey, but not as this provider's."""


class Listing:
    """All credentials that a provider holds, by id."""

    def __init__(self, listed: Iterable[Listed]) -> None:
        self._notes = Notes(SCHEMA)
        self.count = 0
        for batch in in_batches(listed):
            rows = [(key_of(each.id), _kind(each), pickled(each)) for each in batch]
            self._notes.write("INSERT OR REPLACE INTO there (id, kind, copy) VALUES (?, ?, ?)", rows)
            self.count += len(batch)

    def find(self, credential_ids: Iterable[str]) -> dict[str, Listed]:
        """Those of a few hundred ids that are listed."""
        rows = self._notes.among("SELECT copy FROM there WHERE id IN ({})", map(key_of, credential_ids))
        return {copy.id: copy for copy in (unpickled(row[0]) for row in rows)}

    def decide(self, fates: Iterable[tuple[str, Fate]]) -> None:
        """Note what was found out about these ids."""
        rows = ((int(fate), key_of(id_)) for id_, fate in fates)
        self._notes.write("UPDATE there SET fate = ? WHERE id = ?", rows)

    def number_of(self, kind: Kind) -> int:
        return int(self._notes.run("SELECT count(*) FROM there WHERE kind = ?", kind)[0][0])

    def batches(self, fate: Fate) -> Iterator[list[ProviderCredential]]:
        """The readable credentials with this fate, as they were listed, a few hundred at a time."""
        for page in self._pages(f"fate = {int(fate)} AND kind <> {int(Kind.UNREADABLE)}"):
            yield [unpickled(copy) for _number, copy in page]

    def unreadable(self) -> Iterator[UnreadableCredential]:
        for page in self._pages(f"kind = {int(Kind.UNREADABLE)}"):
            yield from (unpickled(copy) for _number, copy in page)

    def _pages(self, condition: str) -> Iterator[list[tuple[int, bytes]]]:
        sql = f"SELECT number, copy FROM there WHERE {condition} AND number > ?"  # noqa: S608  # our own words
        return self._notes.pages(sql, 0)


def _kind(listed: Listed) -> Kind:
    if isinstance(listed, UnreadableCredential):
        return Kind.UNREADABLE
    return Kind.SECOND_FACTOR if listed.is_second_factor else Kind.PASSKEY
