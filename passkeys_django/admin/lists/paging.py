"""Pages of a list that may have a million rows. Nobody counts all of them."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.paginator import EmptyPage, Page, Paginator

MOST_COUNTED = 10_000
"""How many rows are counted at most. The pages of a longer list have no numbers."""
_LAST_NUMBER = 10**9
"""Databases refuse to skip more rows than fit into 64 bits."""

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator  # takes no type argument


class MoreThan(int):
    """How many rows were counted before the counting stopped. A plus says that there are more: "10000+"."""

    def __str__(self) -> str:
        digits = int.__repr__(self)
        if settings.USE_THOUSAND_SEPARATOR:  # Django would group the plus with the digits
            return digits
        return f"{digits}+"


class LongPaginator(_Paginator):
    """Counts at most MOST_COUNTED rows. Any page of a longer list can be asked for by its number.

    `goes_on` says whether there are rows after the page of a long list that was read last.
    """

    goes_on = False

    @cached_property
    def count(self) -> int:
        counted: int = self._rows.order_by()[: MOST_COUNTED + 1].count()
        return MoreThan(MOST_COUNTED) if counted > MOST_COUNTED else counted

    @property
    def is_long(self) -> bool:
        return isinstance(self.count, MoreThan)

    def validate_number(self, number: Any) -> int:
        if not self.is_long:
            return super().validate_number(number)
        if int(number) < 1:
            raise EmptyPage(self.error_messages["min_page"])
        if int(number) > _LAST_NUMBER:
            raise EmptyPage(self.error_messages["no_results"])
        return int(number)

    def page(self, number: Any) -> "Page[Any]":
        """The page. In a long list, an index finds the keys of its rows: only these rows are read."""
        if not self.is_long:
            return super().page(number)
        number, rows = self.validate_number(number), self._rows
        start = (number - 1) * self.per_page
        keys = list(rows.values_list("pk", flat=True)[start : start + self.per_page + 1])
        if not keys:
            raise EmptyPage(self.error_messages["no_results"])
        self.goes_on = len(keys) > self.per_page
        return Page(rows.filter(pk__in=keys[: self.per_page]), number, self)

    @property
    def _rows(self) -> Any:
        """The queryset."""
        return self.object_list
