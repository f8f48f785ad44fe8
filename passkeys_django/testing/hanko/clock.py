"""The clock of the fake server, which a test may set."""

from collections.abc import Callable

Clock = Callable[[], float]
"""Gives the time in seconds since 1970, as `time.time` does."""


def microseconds(seconds: float) -> int:
    """The time in nanoseconds, rounded to microseconds as in the server's database."""
    return round(seconds * 1_000_000) * 1000
