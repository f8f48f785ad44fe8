"""Long lists in batches of a few hundred items: databases limit the number of values in one statement."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db.models import QuerySet

BATCH_SIZE = 500
Item = TypeVar("Item")


def in_batches(items: Iterable[Item], size: int = BATCH_SIZE) -> Iterator[list[Item]]:
    """Lists of at most `size` items, in order. Empty `items` give none."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def in_pages(rows: "QuerySet[Any]", size: int = BATCH_SIZE) -> Iterator[list[Any]]:
    """The rows, ordered by primary key, at most `size` at a time.

    Each page is a query of its own: some database drivers load the whole result of a query into memory.
    """
    ordered = rows.order_by("pk")
    page = ordered
    while batch := list(page[:size]):
        yield batch
        page = ordered.filter(pk__gt=batch[-1].pk)
