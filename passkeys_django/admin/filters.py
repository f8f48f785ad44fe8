"""Filters for the lists of passkeys and of signatures."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from django.contrib import admin
from django.db.models import Min, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..maintenance.pruning import USED_AT
from ..maintenance.relabelling import EMBEDDED, count_by_provider, identity_or_embedded
from .columns import holder_name

YEAR = timedelta(days=365)
MOST_ACTIONS = 20
"""How many actions the filter offers at most."""


class ProviderFilter(admin.SimpleListFilter):
    """By the provider that holds a copy. Django's own filter has no label for passkeys without a provider."""

    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(identity_or_embedded(identity), holder_name(identity)) for identity in count_by_provider()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if wanted not in dict(self.lookup_choices):  # PostgreSQL refuses a NUL
            return queryset
        return queryset.filter(provider="" if wanted == EMBEDDED else wanted)


class UnusedFilter(admin.SimpleListFilter):
    """By the last use; by the creation, if the passkey was never used."""

    title = _("last use")
    parameter_name = "unused"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("year", _("unused for a year"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "year":
            return queryset
        unused: QuerySet[Any] = queryset.alias(_used_at=USED_AT).filter(_used_at__lt=timezone.now() - YEAR)
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
    """By what was signed. A site with many different actions has no filter: there, staff search for an action."""

    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        actions = list(islice(_different_actions(model_admin.get_queryset(request)), MOST_ACTIONS + 1))
        return [(action, action) for action in actions] if len(actions) <= MOST_ACTIONS else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        return queryset.filter(action=wanted) if wanted in dict(self.lookup_choices) else queryset


def _different_actions(rows: QuerySet[Any]) -> Iterator[str]:
    """Each action once, in order. One step in the index finds the next one; DISTINCT would read all rows."""
    rows = rows.order_by()
    action = rows.aggregate(next=Min("action"))["next"]
    while action is not None:
        yield action
        action = rows.filter(action__gt=action).aggregate(next=Min("action"))["next"]
