"""What `passkeys_doctor` reports."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How serious a finding is. Only an error stops people from signing in."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one examination, and what to do about it. No text contains a key or a token."""

    level: Level
    name: str
    message: str
    remedy: str = ""
