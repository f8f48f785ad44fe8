"""Locks for work that only one transaction may do at a time, on any number of servers and with any database."""

from typing import ClassVar

from django.db import models
from django.db.models import F

from .rows import PrimaryDatabaseManager


class LockManager(PrimaryDatabaseManager["Lock"]):
    def take(self, name: str) -> None:
        """Wait until no other transaction holds the lock of this name, and hold the lock until this one ends.

        Call this method first in the transaction: later reads then see what the previous holder wrote. An UPDATE
        locks the row. With SQLite it locks the whole database, where `select_for_update()` would do nothing.
        """
        row = self.on_primary().filter(name=name)
        if not row.update(use_count=F("use_count") + 1):
            self.on_primary().get_or_create(name=name)
            row.update(use_count=F("use_count") + 1)


class Lock(models.Model):
    """A row that transactions lock. There is one row for each name, and it is never deleted."""

    name = models.CharField(max_length=32, primary_key=True)
    use_count = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[LockManager] = LockManager()

    def __str__(self) -> str:
        return self.name
