"""Locks for work that only one transaction may do at a time, on any number of servers and with any database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.db import models, router, transaction
from django.db.models import F

from .rows import PrimaryDatabaseManager


class LockManager(PrimaryDatabaseManager["Lock"]):
    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """A transaction in which no other one holds the lock of this name. Others wait for the end of this one.

        The row is made before the transaction begins. On MariaDB, an UPDATE of a missing row locks a gap, and two
        such transactions that then insert the row would wait for each other. The UPDATE comes first in the
        transaction, so later reads see what the previous holder wrote. With SQLite an UPDATE locks the whole
        database, where `select_for_update()` would do nothing.
        """
        self.on_primary().get_or_create(name=name)
        with transaction.atomic(using=router.db_for_write(self.model)):
            self.on_primary().filter(name=name).update(use_count=F("use_count") + 1)
            yield


class Lock(models.Model):
    """A row that transactions lock. There is one row for each name, and it is never deleted."""

    name = models.CharField(max_length=32, primary_key=True)
    use_count = models.PositiveBigIntegerField(default=0)

    objects: ClassVar[LockManager] = LockManager()

    def __str__(self) -> str:
        return self.name
