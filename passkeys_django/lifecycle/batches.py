"""Long lists in batches of a few hundred items: databases limit the number of values in one statement."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

BATCH_SIZE = 500
Item = TypeVar("Item")


def in_batches(items: Iterable[Item], size: int = BATCH_SIZE) -> Iterator[list[Item]]:
    """Lists of at most `size` items, in order. Empty `items` give none."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
