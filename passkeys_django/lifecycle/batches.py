"""Many things, a few hundred at a time: databases limit what one statement may name."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

BATCH_SIZE = 500
Item = TypeVar("Item")


def in_batches(items: Iterable[Item], size: int = BATCH_SIZE) -> Iterator[list[Item]]:
    """Lists of at most `size` items, in order; none for no items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
