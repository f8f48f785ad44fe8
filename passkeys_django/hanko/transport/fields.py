"""Reads JSON objects of a reply and trusts nothing: every method raises ValueError for a wrong shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Fields:
    """One JSON object. `noun` names the object in error messages."""

    noun: str
    values: Mapping[str, Any] = field(repr=False)  # may hold a secret

    @classmethod
    def of(cls, noun: str, value: Any) -> "Fields":
        """Raises ValueError for anything that is not an object."""
        if not isinstance(value, dict):
            raise ValueError(f"{noun} that is not an object")
        return cls(noun, value)

    def text(self, name: str, default: str | None = None) -> str:
        """A string. Without a default, the string must be present and not empty."""
        value = self.values.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or (default is None and not value):
            raise ValueError(f"{self.noun} without a usable {name}")
        return value

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """A string that must be one of `allowed`."""
        value = self.text(name)
        if value not in allowed:
            raise ValueError(f"{self.noun} with an unknown {name}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """The strings in a list; empty if there is no list."""
        value = self.values.get(name)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def whole(self, name: str) -> int:
        """An integer that must be present."""
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{self.noun} without a usable {name}")
        return value

    def flag(self, name: str) -> bool:
        """True if the member is present and true."""
        return self.values.get(name) is True

    def uuid(self, name: str) -> UUID:
        """A UUID that must be present."""
        found = self.uuid_or_none(name)
        if found is None:
            raise ValueError(f"{self.noun} without a usable {name}")
        return found

    def uuid_or_none(self, name: str) -> UUID | None:
        """A UUID, or None for a value that is not a UUID."""
        try:
            return UUID(self.values.get(name))
        except (ValueError, TypeError, AttributeError):
            return None

    def time(self, name: str) -> datetime:
        """A time in UTC that must be present."""
        found = self.time_or_none(name)
        if found is None:
            raise ValueError(f"{self.noun} without a usable {name}")
        return found

    def time_or_none(self, name: str) -> datetime | None:
        """A time in UTC; None if absent. RFC 3339 with 0 to 9 fractional digits, of which six are kept."""
        text = self.text(name, "")
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text.upper())
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise ValueError(f"{self.noun} whose {name} is not an RFC 3339 time")

    def fields(self, name: str) -> "Fields":
        """A JSON object inside this one."""
        return Fields.of(f"{self.noun} with a {name}", self.values.get(name))

    def list(self, name: str) -> list[Any]:
        """A list that must be present."""
        value = self.values.get(name)
        if not isinstance(value, list):
            raise ValueError(f"{self.noun} without a usable {name}")
        return value
