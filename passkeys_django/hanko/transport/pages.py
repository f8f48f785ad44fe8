"""Listings in pages. Without `per_page`, the server sends 20 rows a page (contract trap 15)."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from . import replies
from .http import Reply

PER_PAGE = 100


class _Row(Protocol):
    @property
    def id(self) -> object: ...


R = TypeVar("R", bound=_Row)


def checked_size(per_page: int) -> int:
    """A page size of at least 1. The server would read 0 as its default."""
    if per_page < 1:
        raise ValueError("per_page must be at least 1")
    return per_page


def rows(fetch: Callable[[int, R | None], Reply], read: Callable[[Any], R], *, per_page: int) -> Iterator[R]:
    """Every row of every page. `fetch` gets a page number and, from the second page on, the very first row.

    The number of pages comes from the total of the first page: the address in Link may be wrong, and a listing
    that grows during the reading would never end. If `fetch` asks for the oldest rows first, new rows do not shift
    the pages. Rows with equal times have no fixed order: the server may send one twice, on neighbouring pages.
    """
    page, pages, first = 1, 1, None
    before: set[object] = set()
    while page <= pages:
        reply = fetch(page, first)
        found = replies.records(reply, read)
        if page == 1:
            pages = -(-replies.total(reply) // per_page)
        if not found:
            return
        first = first or found[0]
        yield from (row for row in found if row.id not in before)
        before = {row.id for row in found}
        page += 1
