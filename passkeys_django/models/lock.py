"""What only one may do at a time, on any number of servers and with any database."""

from typing import ClassVar

from django.db import models
from django.db.models import F

from .rows import PrimaryDatabaseManager


class LockManager(PrimaryDatabaseManager["Lock"]):
    def take(self, name: str) -> None:
        """Wait until nobody else holds the lock of this name, and hold it until this transaction ends.

        Call it first in the transaction: what is read afterwards is what the holder before has left. An UPDATE
        locks the row; with SQLite it locks the whole database, where `select_for_update()` would do nothing.
        """
        row = self.on_primary().filter(name=name)
        if not row.update(use_count=F("use_count") + 1):
            self.on_primary().get_or_create(name=name)
            row.update(use_count=F("use_count") + 1)


class Lock(models.Model):
    """A row to wait at. There is one for each name, for ever."""

    name = models.CharField(max_length=32, primary_key=True)
    use_count = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[LockManager] = LockManager()

    def __str__(self) -> str:
        return self.name
