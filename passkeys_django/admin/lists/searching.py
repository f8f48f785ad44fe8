"""Searches for whole values, which have an index. Parts of words are searched only if staff ask for it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...models import Passkey

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = object

PARTS, YES = "parts", "yes"


class PartsFilter(admin.SimpleListFilter):
    """How the search compares. As a filter, the choice stays while staff search again, turn pages and filter."""

    title = gettext_lazy("search")
    parameter_name = PARTS

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(YES, _("parts of words and names, too"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        whole, *others = super().choices(changelist)
        yield {**whole, "display": _("whole values")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset


class SearchesWholeValues(ModelAdmin):
    """For a ModelAdmin with a PartsFilter. `whole_values` says which rows have a value."""

    search_help_text = gettext_lazy(
        "Whole user names, e-mail addresses and credential IDs. The filter “search” also finds parts of words."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term or request.GET.get(PARTS) == YES:
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(self.whole_values(request, queryset, term)), False

    def whole_values(self, request: HttpRequest, queryset: QuerySet[Any], term: str) -> Q:
        """The condition for the rows that have this value. Each part of the condition has an index."""
        raise NotImplementedError


def find_passkey(term: str) -> Passkey | None:
    """The passkey with this credential id, or with this primary key."""
    try:
        found = Passkey.objects.find(term)
    except ValueError:  # not base64url
        found = None
    return found or _by_key(term)


def _by_key(term: str) -> Passkey | None:
    try:
        return Passkey.objects.on_primary().filter(pk=UUID(term)).first()
    except ValueError:
        return None
