"""Passkeys in Django's admin: found, renamed, revoked."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from . import lifecycle
from .models import Passkey

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Passkey]
else:
    ModelAdmin = admin.ModelAdmin  # Django's own class takes no type argument

READ_ONLY = [
    "user",
    "provider",
    "rp_id",
    "credential_id",
    "aaguid",
    "transports",
    "backup_eligible",
    "backup_state",
    "user_verified",
    "sign_count",
    "use_count",
    "created_at",
    "last_used_at",
    "refused_at",
]


@admin.register(Passkey)
class PasskeyAdmin(ModelAdmin):
    """Read-only but for the name; deleting removes the provider's copy too. Nobody adds a passkey for others."""

    list_display = ["name", "user", "held_by", "backup_state", "created_at", "last_used_at", "use_count"]
    list_filter = ["provider", "backup_state", "last_used_at"]
    date_hierarchy = "created_at"
    fields = ["name", *READ_ONLY]
    readonly_fields = READ_ONLY
    actions = ["accept_again"]

    @admin.display(description=_("provider"), ordering="provider")
    def held_by(self, passkey: Passkey) -> str:
        """Who holds a copy, in words."""
        return passkey.provider or gettext("this site only")

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """By the user's name, whatever the user model calls it."""
        return ["name", "credential_id", f"user__{get_user_model().USERNAME_FIELD}"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Passkey, form: Any, change: bool) -> None:
        name, obj.name = obj.name, form.initial["name"]  # as it was until now
        lifecycle.rename(obj, name, request=request)

    def delete_model(self, request: HttpRequest, obj: Passkey) -> None:
        lifecycle.revoke([obj], request=request)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        lifecycle.revoke(queryset.select_related("user"), request=request)

    @admin.action(description=_("Accept again passkeys that their provider removed"), permissions=["change"])
    def accept_again(self, request: HttpRequest, queryset: QuerySet[Passkey]) -> None:
        """Clears `refused_at`: the site may verify the passkey itself again."""
        count = queryset.filter(refused_at__isnull=False).update(refused_at=None)
        self.message_user(request, ngettext("%d passkey accepted.", "%d passkeys accepted.", count) % count)
