"""The stored figures, completed by those that are missing or too old."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from django.db.models import Min
from django.utils import timezone

from ..models import Passkey, PasskeyEvent, PasskeyKind, WeeklyFigures
from .counting import ALL, PEOPLE, SECONDS, Counts, count_newcomers, count_now, count_week
from .weeks import WEEK, Week, week_of, weeks_between

WEEKS = 104
MIN_AGE = timedelta(minutes=10)
SHARE = 600
"""The running week is counted anew after MIN_AGE, but not before SHARE times as long as the last count took: where
all people and passkeys take five seconds, few visitors wait for them."""
LATE = timedelta(hours=1)
"""How long after the end of a week events are still expected from transactions, and from clocks that are slow."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures week by week; the running week is the last one. `left` is the number of weeks to count yet."""

    weeks: list[WeeklyFigures]
    left: int


def figures_by_week(*, anew: bool = False, seconds: float | None = None) -> Figures:
    """The figures of at most two years.

    `anew`: count the running week again, even if it was counted a moment ago. `seconds`: after the running week,
    no other week is begun after this time, so that nobody waits long for a page. None means no limit. Each call
    counts at least one week, newest first.

    Two processes may count at the same time: each week has one row, and a count that is final stays.
    """
    now = timezone.now()
    running = week_of(now)
    oldest = Week(running.monday - (WEEKS - 1) * WEEK)
    stored = _stored(oldest)
    newest_first = weeks_between(min([*stored, _first_week(oldest, running)]), running)[::-1]
    missing = [week for week in newest_first if not _is_good(stored.get(week), week, now, anew=anew)]
    left = len(missing)
    for week, counts in _counted(missing, running, stored, seconds):
        stored[week] = WeeklyFigures.objects.keep(week.monday, counts, now, final_from=_final_from(week))
        left -= 1
    shown = list(takewhile(stored.__contains__, newest_first))
    return Figures(weeks=[stored[week] for week in reversed(shown)], left=left)


def _stored(first: Week) -> dict[Week, WeeklyFigures]:
    rows = WeeklyFigures.objects.on_primary().filter(monday__gte=first.monday)
    return {Week(row.monday): row for row in rows}


def _first_week(oldest: Week, running: Week) -> Week:
    """The first week from the oldest one on that has an event or a new passkey."""
    events = PasskeyEvent.objects.on_primary().filter(at__gte=oldest.begins)
    passkeys = Passkey.objects.on_primary().filter(created_at__gte=oldest.begins)
    firsts = (events.aggregate(first=Min("at"))["first"], passkeys.aggregate(first=Min("created_at"))["first"])
    return min([running, *(week_of(first) for first in firsts if first is not None)])


def _is_good(row: WeeklyFigures | None, week: Week, now: datetime, *, anew: bool) -> bool:
    """Has the week been counted after its end, or some minutes ago? A count of the future had a wrong clock."""
    if row is None or row.counted_at > now:
        return False
    return row.counted_at >= _final_from(week) or (not anew and row.counted_at > now - _good_for(row))


def _final_from(week: Week) -> datetime:
    """What is counted from this moment on has all events of the week, or all that were not deleted yet."""
    return week.ends + LATE


def _good_for(row: WeeklyFigures) -> timedelta:
    """How long a count of the running week is good."""
    return max(MIN_AGE, SHARE * timedelta(seconds=row.counts.get(SECONDS, {}).get(ALL, 0)))


def _deadline(seconds: float | None) -> float:
    return float("inf") if seconds is None else time.monotonic() + seconds


def _counted(
    missing: list[Week], running: Week, stored: dict[Week, WeeklyFigures], seconds: float | None
) -> Iterator[tuple[Week, Counts]]:
    """Count these weeks, newest first. The caller stores each before the next is counted."""
    deadline = _deadline(seconds)
    for number, week in enumerate(missing):
        if number and time.monotonic() >= deadline:
            return
        state = count_now() if week == running else _people_before(stored[week.next])
        yield week, {**count_week(week), **state}
        if week == running:  # to count everybody may take longer: then no other week would ever be counted
            deadline = _deadline(seconds)


def _people_before(following: WeeklyFigures) -> Counts:
    """How many people had a passkey before this week is told from those who got their first one in the week."""
    newcomers = count_newcomers(Week(following.monday), until=following.counted_at)
    holders = following.counts[PEOPLE][PasskeyKind.PASSKEY] - newcomers
    return {PEOPLE: {PasskeyKind.PASSKEY.value: max(holders, 0)}}
