"""Weeks from Monday to Sunday, in the time zone of the settings."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, order=True)
class Week:
    """The week that begins with this Monday."""

    monday: date

    @property
    def begins(self) -> datetime:
        return _midnight(self.monday)

    @property
    def ends(self) -> datetime:
        """The first moment of the next week."""
        return self.next.begins

    @property
    def next(self) -> "Week":
        return Week(self.monday + WEEK)


def week_of(moment: datetime) -> Week:
    """The week in which the moment lies."""
    local = timezone.localtime(moment, timezone.get_default_timezone()) if timezone.is_aware(moment) else moment
    return Week(local.date() - timedelta(days=local.weekday()))


def weeks_between(first: Week, last: Week) -> list[Week]:
    """All weeks from the first to the last, both included."""
    count = (last.monday - first.monday) // WEEK + 1
    return [Week(first.monday + number * WEEK) for number in range(count)]


def _midnight(day: date) -> datetime:
    midnight = datetime.combine(day, time())
    return timezone.make_aware(midnight, timezone.get_default_timezone()) if settings.USE_TZ else midnight
