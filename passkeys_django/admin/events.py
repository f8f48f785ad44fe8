"""The history, read-only."""

from typing import TYPE_CHECKING, Any, NoReturn

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from ..models import PasskeyEvent
from .exporting import EventExports
from .people.pages import PersonColumn
from .people.searching import user_search_fields
from .read_only import ReadOnly

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[PasskeyEvent]
else:
    from .themed import ModelAdmin  # takes no type argument


@admin.register(PasskeyEvent)
class PasskeyEventAdmin(ReadOnly, EventExports, ModelAdmin):
    """Staff cannot add, change or delete events: only `passkeys_prune --events` deletes old ones."""

    list_display = ["at", "kind", "user", "name", "code", "actor", "address"]
    list_filter = ["kind", "at"]
    list_select_related = ["user", "actor"]
    date_hierarchy = "at"
    show_full_result_count = False
    actions = ["export_csv", "export_jsonl"]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return ["name", "code", *user_search_fields(request, self.admin_site)]

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
