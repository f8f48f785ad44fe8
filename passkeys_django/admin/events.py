"""The history, to be looked at."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest

from ..models import PasskeyEvent

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[PasskeyEvent]
else:
    ModelAdmin = admin.ModelAdmin  # Django's own class takes no type argument


@admin.register(PasskeyEvent)
class PasskeyEventAdmin(ModelAdmin):
    """Nobody writes the history by hand, nor takes anything out of it: `passkeys_prune --events` does, by age."""

    list_display = ["at", "kind", "user", "name", "code", "actor", "address"]
    list_filter = ["kind", "at"]
    list_select_related = ["user", "actor"]
    date_hierarchy = "at"
    show_full_result_count = False

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """By the user's name, whatever the user model calls it."""
        return ["name", "code", f"user__{get_user_model().USERNAME_FIELD}"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here; but a user's page asks, since the history goes when its user does."""
        match = request.resolver_match
        is_here = match is None or f"{self.opts.app_label}_{self.opts.model_name}_" in (match.url_name or "")
        return not is_here and super().has_delete_permission(request, obj)
