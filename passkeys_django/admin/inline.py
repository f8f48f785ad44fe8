"""A user's passkeys on the user's page."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest

from ..models import Passkey
from .columns import PasskeyColumns

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Passkey, Any]
else:
    from .themed import TabularInline  # takes no type argument


class PasskeyInline(PasskeyColumns, TabularInline):
    """Read-only. Each passkey has a link to its own page, where staff can rename and revoke it."""

    model = Passkey
    fk_name = "user"
    fields = readonly_fields = ("kind", "manager", "storage", "created_at", "last_used_at", "use_count")
    ordering = ["created_at"]
    show_change_link = True
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Passkey]:
        """The passkeys of all users; the formset selects those of this user.

        Django's own method would ask for the view permission without a user, and leave out all passkeys.
        """
        return Passkey._default_manager.order_by(*self.ordering)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and super().has_view_permission(request, obj)  # a new user has no passkeys

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def show_on_user_pages(site: admin.AdminSite) -> None:
    """Add the inline to the pages of users on this site: of the user model, its proxies and its subclasses.

    Called when the URLs of the site are made: then every admin that will have a page is registered. An admin that
    has the inline already, or an inline that inherits from it, is left alone.
    """
    users = get_user_model()
    for user_admin in (user_admin for model, user_admin in site._registry.items() if issubclass(model, users)):
        if not any(issubclass(inline, PasskeyInline) for inline in user_admin.inlines):
            # On this one admin, not on its class, where `inlines` may be a property: that then decides.
            vars(user_admin)["inlines"] = [*user_admin.inlines, PasskeyInline]
