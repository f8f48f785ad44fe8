"""A statement: what a person signs, who does it and when, as one canonical text."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...exceptions import InvalidStatement
from .canonical import canonical, parse_canonical

LATEST = int(datetime.max.replace(microsecond=0, tzinfo=UTC).timestamp())


@dataclass(frozen=True, kw_only=True)
class Statement:
    """`by` is the user handle that the start names, as text. `at` is the start in seconds since the epoch, UTC."""

    action: str
    at: int
    by: str
    data: Any

    @property
    def text(self) -> str:
        """What is signed. Raises InvalidStatement."""
        return canonical({"action": self.action, "at": self.at, "by": self.by, "data": self.data})

    @property
    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table that shows a statement. `path` are the names from the outside to the inside.

    A row of the database that somebody has chosen is one line: `value` is its text, and `key` is its key.
    """

    path: tuple[str, ...]
    value: str | int | bool | None
    key: str | int | None = None


def read_statement(text: str) -> Statement:
    """The statement with this canonical text. Raises InvalidStatement."""
    value = parse_canonical(text)
    if not isinstance(value, dict) or set(value) != {"action", "at", "by", "data"}:
        raise InvalidStatement("not an object with action, at, by and data")
    statement = Statement(**value)
    types = {"action": str, "at": int, "by": str}
    if any(type(value[name]) is not kind for name, kind in types.items()):
        raise InvalidStatement("action, at or by has the wrong type")
    if not 0 <= statement.at <= LATEST:
        raise InvalidStatement("at is no moment")
    return statement


def rows(text: str) -> list[Row]:
    """The data of this canonical text, line by line: what is shown is made only from what is signed."""
    return list(_rows(read_statement(text).data, ()))


def _rows(value: Any, path: tuple[str, ...]) -> Iterator[Row]:
    if _is_choice(value):
        yield Row(path=path, value=value["text"], key=value["id"])
    elif isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _rows(item, (*path, name))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value, start=1):
            yield from _rows(item, (*path, str(number)))
    else:
        yield Row(path=path, value=value if not isinstance(value, dict | list) else None)


def _is_choice(value: Any) -> bool:
    """Is this a row of the database that somebody has chosen, and not data that look nearly like one?"""
    if not isinstance(value, dict) or set(value) != {"id", "text"}:
        return False
    return type(value["id"]) in (str, int) and isinstance(value["text"], str)
