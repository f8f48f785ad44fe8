"""What a command notes about each of a million passkeys: in a temporary file, so that memory stays flat."""

import pickle
import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

from ..lifecycle.batches import BATCH_SIZE


class Notes:
    """Tables in a private SQLite database, which SQLite keeps in a file without a name, and removes at the end.

    SQLite holds at most a few megabytes of it in memory. Values that are no text, bytes or numbers are pickled: no
    other process can write into the file.
    """

    def __init__(self, schema: str) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._db.close)
        self._db.executescript(
            f"PRAGMA cache_size = -4000; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {schema}"
        )

    def run(self, sql: str, *values: Any) -> list[Any]:
        """The rows that a statement gives. They must be few."""
        return self._db.execute(sql, values).fetchall()

    def write(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run a statement for each row, in one transaction."""
        self._db.execute("BEGIN")
        self._db.executemany(sql, rows)
        self._db.execute("COMMIT")

    def among(self, sql: str, keys: Iterable[bytes]) -> list[Any]:
        """The rows that a statement gives for a few hundred keys. `{}` in the statement stands for them."""
        listed = list(keys)
        return self.run(sql.format(", ".join("?" * len(listed))), *listed)

    def pages(self, sql: str, first: Any = b"") -> Iterator[list[Any]]:
        """The rows of a SELECT, a few hundred at a time, ordered by their first column, which differs.

        The statement ends with `> ?`: the value in the first column with which the last page has ended. Rows may
        be changed or deleted between two pages.
        """
        last = first
        while page := self.run(f"{sql} ORDER BY 1 LIMIT {BATCH_SIZE}", last):
            yield page
            last = page[-1][0]


def pickled(value: Any) -> bytes:
    return pickle.dumps(value)


def unpickled(value: bytes) -> Any:
    return pickle.loads(value)  # noqa: S301  # from our own file


def key_of(credential_id: str) -> bytes:
    """A credential id as a key. Ids of unreadable credentials may be any text, also with lone surrogates."""
    return credential_id.encode(errors="surrogatepass")
