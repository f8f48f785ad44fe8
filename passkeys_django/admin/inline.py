"""A user's passkeys on the user's page."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ..models import Passkey
from .columns import PasskeyColumns
from .people.pages import user_admins
from .people.panel import Panel
from .people.user_filters import PasskeyStateFilter, is_state_filter

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Passkey, Any]
else:
    from .themed import TabularInline  # takes no type argument


class PasskeyInline(PasskeyColumns, TabularInline):
    """Read-only. Each passkey has a link to its own page, where staff can rename and revoke it.

    Below the table, the template shows what else is known of the user, and what staff can do (`Panel`).
    """

    model = Passkey
    template = "passkeys_django/admin/person.html"
    table_template = TabularInline.template
    panel: Panel | None = None
    fk_name = "user"
    fields = readonly_fields = ("kind", "manager", "storage", "created_at", "last_used_at", "use_count")
    ordering = ["created_at"]
    show_change_link = True
    can_delete = False

    class Media:
        css: ClassVar = {"all": ["passkeys_django/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Passkey]:
        """The passkeys of all users; the formset selects those of this user.

        Django's own method would ask for the view permission without a user, and leave out all passkeys.
        """
        return Passkey.objects.on_primary().order_by(*self.ordering)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Django makes an inline for each request, so the panel belongs to this one user."""
        if obj is not None:
            self.panel = Panel(request=request, person=obj, site=self.admin_site)
        return super().get_formset(request, obj, **kwargs)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and super().has_view_permission(request, obj)  # a new user has no passkeys

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def show_on_user_pages(site: admin.AdminSite) -> None:
    """Add the inline and the filter to all admins of users on this site, also of proxies and subclasses.

    Called when the URLs of the site are made: then every admin that will have a page is registered. An admin that
    has the inline already, or an inline that inherits from it, is left alone; the same holds for the filter.
    """
    for user_admin in user_admins(site):
        # On this one admin, not on its class, where the attribute may be a property: that then decides.
        if not any(issubclass(inline, PasskeyInline) for inline in user_admin.inlines):
            vars(user_admin)["inlines"] = [*user_admin.inlines, PasskeyInline]
        filters = user_admin.list_filter
        if isinstance(filters, list | tuple) and not any(map(is_state_filter, filters)):
            vars(user_admin)["list_filter"] = [*filters, PasskeyStateFilter]
