"""Long lists in batches of a few hundred items: databases limit the number of values in one statement."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

BATCH_SIZE = 500
Item = TypeVar("Item")


def in_batches(items: Iterable[Item], size: int = BATCH_SIZE) -> Iterator[list[Item]]:
    """Lists of at most `size` items, in order. Empty `items` give none."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def in_pages(rows: "QuerySet[Any]", size: int = BATCH_SIZE) -> Iterator[list[Any]]:
    """The rows, ordered by primary key, at most `size` at a time.

    Each page is a query of its own: some database drivers load the whole result of a query into memory. A page
    begins where the last one ended, so rows that are deleted meanwhile are not looked at again.
    """
    ordered = rows.order_by("pk")
    page = ordered
    while batch := list(page[:size]):
        last = batch[-1].pk  # a row that the caller deletes loses its key
        yield batch
        page = ordered.filter(pk__gt=last)


def in_pages_by(field: str, rows: "QuerySet[Any]", size: int = BATCH_SIZE) -> Iterator[list[Any]]:
    """Like `in_pages`, but the rows are ordered by this field, then by primary key. The field is never null."""
    ordered = rows.order_by(field, "pk")
    page = ordered
    while batch := list(page[:size]):
        value, pk = getattr(batch[-1], field), batch[-1].pk
        yield batch
        later = Q(**{f"{field}__gt": value}) | Q(pk__gt=pk)
        page = ordered.filter(later, **{f"{field}__gte": value})


def values_in_pages(field: str, rows: "QuerySet[Any]", size: int = BATCH_SIZE) -> Iterator[list[Any]]:
    """The different values that this field has in the rows, in order, at most `size` at a time, as `in_pages`."""
    ordered = rows.order_by(field).values_list(field, flat=True).distinct()
    page = ordered
    while batch := list(page[:size]):
        yield batch
        page = ordered.filter(**{f"{field}__gt": batch[-1]})
