"""What an examination of the site found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is; only an error keeps somebody from signing in."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at, and what to do about it. No text holds a key or a token."""

    level: Level
    name: str
    message: str
    remedy: str = ""
