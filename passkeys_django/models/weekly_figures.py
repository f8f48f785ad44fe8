"""What was counted in a week. The rows of the history, from which it was counted, may be gone by now."""

from datetime import date, datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .rows import PrimaryDatabaseManager


class WeeklyFiguresManager(PrimaryDatabaseManager["WeeklyFigures"]):
    def keep(
        self, monday: date, counts: dict[str, Any], counted_at: datetime, *, final_from: datetime
    ) -> "WeeklyFigures":
        """Store the counts of this week in the place of earlier ones, and return what is stored then.

        Counts from `final_from` on stay: the events may have been deleted since, so counting them again is wrong.
        Counts of the future had a wrong clock, and do not stay. Two processes may do this side by side.
        """
        row, rows = WeeklyFigures(monday=monday, counts=counts, counted_at=counted_at), self.on_primary()
        rows.bulk_create([row], ignore_conflicts=True)
        replaceable = Q(counted_at__lt=final_from) | Q(counted_at__gt=timezone.now())
        rows.filter(replaceable, monday=monday).update(counts=counts, counted_at=counted_at)
        return rows.get(monday=monday)


class WeeklyFigures(models.Model):
    """The figures of one week. It begins at midnight, in the time zone of the settings.

    `counts` has numbers by name and by detail, for example `{"used": {"": 12}}`. No person is in it.
    """

    monday = models.DateField(primary_key=True)
    counted_at = models.DateTimeField()
    counts = models.JSONField(default=dict)

    objects: ClassVar[WeeklyFiguresManager] = WeeklyFiguresManager()

    def __str__(self) -> str:
        return str(self.monday)
