"""The history, read-only."""

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from ..models import PasskeyEvent
from .exporting import EventExports
from .lists.filters import MomentFilter
from .lists.long_list import LongList
from .lists.searching import PartsFilter, SearchesWholeValues, find_passkey
from .people.pages import PersonColumn
from .people.searching import of_users, user_search_fields
from .read_only import ReadOnly

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[PasskeyEvent]
else:
    from .themed import ModelAdmin  # takes no type argument


@admin.register(PasskeyEvent)
class PasskeyEventAdmin(ReadOnly, EventExports, SearchesWholeValues, LongList, ModelAdmin):
    """Staff cannot add, change or delete events: only `passkeys_prune --events` deletes old ones."""

    list_display = ["at", "kind", "user", "name", "code", "actor", "address"]
    list_filter: ClassVar = ["kind", ("at", MomentFilter), PartsFilter]
    list_select_related = ["user", "actor"]
    sortable_by = ["at"]
    actions = ["export_csv", "export_jsonl"]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return ["name", "code", *user_search_fields(request, self.admin_site)]

    def whole_values(self, request: HttpRequest, queryset: QuerySet[PasskeyEvent], term: str) -> Q:
        """The events of this passkey, or of this user. A code has no index, so it is tried last."""
        passkey = find_passkey(term)
        if passkey is not None:
            return Q(user_id=passkey.user_id, passkey=passkey.pk)
        users = of_users(request, self.admin_site, queryset, term)
        return users if queryset.filter(users).exists() else Q(code=term)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """User and actor lead to their pages."""
        columns: list[Any] = [*super().get_list_display(request)]
        return [
            PersonColumn(request, self.admin_site, PasskeyEvent, name) if name in ("user", "actor") else name
            for name in columns
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "show_delete": False})

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> NoReturn:
        """Forbidden even with the delete permission, which staff need to delete a user who has events."""
        raise PermissionDenied
