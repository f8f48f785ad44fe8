"""Filters for the lists of passkeys, events and signatures. An index answers what they offer."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Max, Min, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ...maintenance.pruning import USED_AT
from ...maintenance.relabelling import EMBEDDED, identity_or_embedded
from ...models import displayable
from ..columns import holder_name

YEAR = timedelta(days=365)
MOST_ACTIONS = 20
"""How many actions the filter offers at most."""
FIRST_YEAR = 1970
MOST_YEARS = 10
"""How many years a filter by time offers: the last ones."""


class ProviderFilter(admin.SimpleListFilter):
    """By the provider that holds a copy. Django's own filter has no label for passkeys without a provider."""

    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        identities = _different("provider", model_admin.get_queryset(request))
        return [(identity_or_embedded(identity), holder_name(identity)) for identity in identities]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter by values that are not offered, too. A provider may have lost its last passkey a moment ago."""
        wanted = self.value()
        return queryset if wanted is None else queryset.filter(provider="" if wanted == EMBEDDED else wanted)


class UnusedFilter(admin.SimpleListFilter):
    """By the last use; by the creation, if the passkey was never used."""

    title = _("last use")
    parameter_name = "unused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("year", _("unused for a year"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "year":
            return queryset
        long_ago = timezone.now() - YEAR
        older = queryset.filter(created_at__lt=long_ago)  # nothing is used before it is created; this has an index
        unused: QuerySet[Any] = older.alias(_used_at=USED_AT).filter(_used_at__lt=long_ago)
        return unused


class StorageFilter(admin.SimpleListFilter):
    """By the place of the passkey: synced, or lost if the device is lost."""

    title = _("storage")
    parameter_name = "storage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("synced", _("synced")), ("device", _("device-bound"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter as the column shows it: a passkey that could be synced, but is not, is on this device only."""
        wanted = self.value()
        if wanted not in ("synced", "device"):
            return queryset
        return queryset.filter(backup_eligible__isnull=False, backup_state=wanted == "synced")


class ActionFilter(admin.SimpleListFilter):
    """By what was signed. A site with many different actions offers none: there, staff search for an action."""

    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        actions = list(islice(_different("action", model_admin.get_queryset(request)), MOST_ACTIONS + 1))
        if len(actions) > MOST_ACTIONS:  # an older address may name one
            actions = list(filter(None, [self.value()]))
        return [(action, action) for action in actions]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        return queryset if wanted is None else queryset.filter(action=wanted)


class MomentFilter(admin.DateFieldListFilter):
    """By the time: Django's choices, and each year. A chosen year offers its months.

    `date_hierarchy` would read all rows to find the years: here the first and the last row tell them.
    """

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        rows = model_admin.get_queryset(request).order_by()
        ends = rows.aggregate(first=Min(field_path), last=Max(field_path))
        if ends["first"] is not None:
            years = _years(ends["first"], ends["last"])
            self.links = (*self.links, *(link for year in years for link in self._of_year(year)))

    def _of_year(self, year: int) -> Iterator[tuple[str, Any]]:
        begin, end = date(year, 1, 1), date(year + 1, 1, 1)
        yield str(year), self._between(begin, end)
        since = self.date_params.get(self.lookup_kwarg_since, "")
        if str(since).startswith(f"{year}-"):
            months = [date(year, month, 1) for month in range(1, 13)]
            for month, following in zip(months, [*months[1:], end], strict=True):
                yield f"{month:%Y-%m}", self._between(month, following)

    def _between(self, begin: date, end: date) -> dict[str, str]:
        return {self.lookup_kwarg_since: _midnight(begin), self.lookup_kwarg_until: _midnight(end)}


def _years(first: datetime, last: datetime) -> range:
    """The last years between two moments, newest first. Other software writes year 1 and year 9999 for "never"."""
    newest = min(_local(last).year, _local(timezone.now()).year)
    return range(newest, max(_local(first).year, FIRST_YEAR) - 1, -1)[:MOST_YEARS]


def _local(moment: datetime) -> datetime:
    return timezone.localtime(displayable(moment)) if timezone.is_aware(moment) else moment


def _midnight(day: date) -> str:
    """The beginning of the day, as `DateFieldListFilter` writes it."""
    midnight = datetime(day.year, day.month, day.day)
    return str(timezone.make_aware(midnight) if settings.USE_TZ else midnight)


def _different(field: str, rows: QuerySet[Any]) -> Iterator[str]:
    """Each value of the field once, in order.

    One step in the field's index finds the next value; DISTINCT would read all rows.
    """
    rows = rows.order_by()
    value = rows.aggregate(next=Min(field))["next"]
    while value is not None:
        yield value
        value = rows.filter(**{f"{field}__gt": value}).aggregate(next=Min(field))["next"]
