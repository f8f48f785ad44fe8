"""Listings that come in pages of 20 unless asked otherwise (contract trap 15)."""

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
    """0 would mean the server's default."""
    if per_page < 1:
        raise ValueError("per_page must be at least 1")
    return per_page


def rows(fetch: Callable[[int, R | None], Reply], read: Callable[[Any], R], *, per_page: int) -> Iterator[R]:
    """Every row of every page. `fetch` gets the page of a number; from the second on it is told the first row.

    Pages are counted with the first total: Link holds an address that may be wrong, and a listing that grows while
    it is read would have no end. Where `fetch` asks for the oldest first new rows do not shift the pages; those of
    equal time have no order and may come twice, on neighbouring pages.
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
