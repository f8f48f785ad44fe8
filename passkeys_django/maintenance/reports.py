"""Passkeys and the history as CSV or JSON lines, for compliance officers. Nothing secret is in them.

Rows are read a few hundred at a time, so memory stays flat: without cursors on the server (PgBouncer, MySQL), a
database driver loads the whole result of a query.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet

from ..lifecycle.batches import in_pages, in_pages_by
from ..models import Passkey, PasskeyEvent, user_name, utc_text

FORMATS = ("csv", "jsonl")
CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}
CHUNK_SIZE = 500
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a cell must not begin with: a spreadsheet would run it (OWASP, CSV Injection)."""
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Report:
    """Rows to write, and the names of their columns."""

    columns: tuple[str, ...]
    rows: Iterable[Row]

    def lines(self, format: str) -> Iterator[str]:
        """The lines of the file, each with its end."""
        return self._as_csv() if format == "csv" else (f"{_as_json(row)}\n" for row in self.rows)

    def _as_csv(self) -> Iterator[str]:
        writer: Any = csv.writer(_Echo())
        yield writer.writerow(self.columns)
        for row in self.rows:
            yield writer.writerow([_cell(row[column]) for column in self.columns])


class _Echo:
    """A file that returns what is written into it."""

    def write(self, text: str) -> str:
        return text


def report_on_passkeys(passkeys: QuerySet[Passkey]) -> Report:
    """One row for each passkey or security key, without its key."""
    return _report(in_pages(passkeys.select_related("user"), CHUNK_SIZE), _PASSKEY)


def report_on_events(events: QuerySet[PasskeyEvent]) -> Report:
    """One row for each event of the history, oldest first."""
    return _report(in_pages_by("at", events.select_related("user", "actor"), CHUNK_SIZE), _EVENT)


def _report(pages: Iterator[list[Any]], columns: dict[str, Callable[[Any], Any]]) -> Report:
    rows = chain.from_iterable(pages)
    return Report(
        columns=tuple(columns),
        rows=({name: value_of(row) for name, value_of in columns.items()} for row in rows),
    )


def _name(user: AbstractBaseUser | None) -> str | None:
    return None if user is None else user_name(user)


def _key(key: Any) -> str | None:
    """A user's primary key as text, whatever type the user model has."""
    return None if key is None else str(key)


_PASSKEY: dict[str, Callable[[Passkey], Any]] = {
    "id": lambda passkey: str(passkey.pk),
    "user": lambda passkey: _name(passkey.user),
    "user_id": lambda passkey: _key(passkey.user_id),
    "kind": lambda passkey: passkey.kind,
    "name": lambda passkey: passkey.name,
    "manager": lambda passkey: passkey.manager_name or None,
    "aaguid": lambda passkey: str(passkey.aaguid),
    "provider": lambda passkey: passkey.provider or None,
    "rp_id": lambda passkey: passkey.rp_id,
    "backup_eligible": lambda passkey: passkey.backup_eligible,
    "backup_state": lambda passkey: passkey.backup_state,
    "user_verified": lambda passkey: passkey.user_verified,
    "discoverable": lambda passkey: passkey.discoverable,
    "created_at": lambda passkey: utc_text(passkey.created_at),
    "last_used_at": lambda passkey: utc_text(passkey.last_used_at),
    "use_count": lambda passkey: passkey.use_count,
    "refused_at": lambda passkey: utc_text(passkey.refused_at),
}
_EVENT: dict[str, Callable[[PasskeyEvent], Any]] = {
    "at": lambda event: utc_text(event.at),
    "kind": lambda event: event.kind,
    "user": lambda event: _name(event.user),
    "user_id": lambda event: _key(event.user_id),
    "passkey": lambda event: _key(event.passkey),
    "name": lambda event: event.name or None,
    "code": lambda event: event.code or None,
    "actor": lambda event: _name(event.actor),
    "actor_id": lambda event: _key(event.actor_id),
    "address": lambda event: event.address,
}


def _as_json(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)


def _cell(value: Any) -> Any:
    """What a spreadsheet shows as text, and does not run."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value
