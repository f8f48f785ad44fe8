"""Which passkeys staff look for."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..lifecycle.pruning import USED_AT

YEAR = timedelta(days=365)


class UnusedFilter(admin.SimpleListFilter):
    """By the last use, or the creation of what was never used."""

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
    """By what can happen to the passkey when the device is lost."""

    title = _("storage")
    parameter_name = "storage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("synced", _("synced")), ("device", _("device-bound"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        conditions = {"synced": {"backup_state": True}, "device": {"backup_eligible": False}}
        return queryset.filter(Q(**conditions.get(self.value() or "", {})))
