"""What was counted in a week. The rows of the history, from which it was counted, may be gone by now."""

from datetime import date, datetime
from typing import Any, ClassVar

from django.db import connections, models

from .rows import PrimaryDatabaseManager


class WeeklyFiguresManager(PrimaryDatabaseManager["WeeklyFigures"]):
    def keep(self, monday: date, counts: dict[str, Any], *, counted_at: datetime) -> "WeeklyFigures":
        """Store the counts of this week, in the place of earlier ones.

        This is one statement, so two processes may do it side by side.
        """
        row, rows = WeeklyFigures(monday=monday, counts=counts, counted_at=counted_at), self.on_primary()
        by_key = connections[rows.db].features.supports_update_conflicts_with_target  # not with MariaDB and MySQL
        rows.bulk_create(
            [row],
            update_conflicts=True,
            update_fields=["counts", "counted_at"],
            unique_fields=["monday"] if by_key else None,
        )
        return row


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
