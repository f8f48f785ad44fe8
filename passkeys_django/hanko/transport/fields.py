"""Reading JSON objects of a reply with suspicion: every function here raises ValueError for the wrong shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Fields:
    """One object, and what it is called in complaints."""

    noun: str
    values: Mapping[str, Any] = field(repr=False)  # may hold a secret

    @classmethod
    def of(cls, noun: str, value: Any) -> "Fields":
        """Raises ValueError for anything that is not an object."""
        if not isinstance(value, dict):
            raise ValueError(f"{noun} that is not an object")
        return cls(noun, value)

    def text(self, name: str, default: str | None = None) -> str:
        """A string. Without a default it must be there and not be empty."""
        value = self.values.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or (default is None and not value):
            raise ValueError(f"{self.noun} without a usable {name}")
        return value

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """A string that must be among those that are known."""
        value = self.text(name)
        if value not in allowed:
            raise ValueError(f"{self.noun} with an unknown {name}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """The strings of a list; none if it is absent."""
        value = self.values.get(name)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def whole(self, name: str) -> int:
        """An integer that must be there."""
        value = self.values.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"{self.noun} without a usable {name}")
        return value

    def flag(self, name: str) -> bool:
        """Whether it is there and true."""
        return self.values.get(name) is True

    def uuid(self, name: str) -> UUID:
        """A UUID that must be there."""
        found = self.uuid_or_none(name)
        if found is None:
            raise ValueError(f"{self.noun} without a usable {name}")
        return found

    def uuid_or_none(self, name: str) -> UUID | None:
        """A UUID, or None for whatever cannot be read as one."""
        try:
            return UUID(self.values.get(name))
        except (ValueError, TypeError, AttributeError):
            return None

    def time(self, name: str) -> datetime:
        """A moment that must be there, in UTC."""
        found = self.time_or_none(name)
        if found is None:
            raise ValueError(f"{self.noun} without a usable {name}")
        return found

    def time_or_none(self, name: str) -> datetime | None:
        """RFC 3339 with 0 to 9 digits of a second, of which six are kept, in UTC; None if absent."""
        text = self.text(name, "")
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text.upper())
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise ValueError(f"{self.noun} whose {name} is no RFC 3339 time")

    def fields(self, name: str) -> "Fields":
        """An object in this one."""
        return Fields.of(f"{self.noun} with a {name}", self.values.get(name))

    def list(self, name: str) -> list[Any]:
        """A list that must be there."""
        value = self.values.get(name)
        if not isinstance(value, list):
            raise ValueError(f"{self.noun} without a usable {name}")
        return value
