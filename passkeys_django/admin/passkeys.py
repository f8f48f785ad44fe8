"""Passkeys: staff find, rename and revoke them, and can only view the rest."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import lifecycle
from ..models import Passkey
from .columns import PasskeyColumns, user_search_field
from .figures import figures_view
from .filters import ProviderFilter, StorageFilter, UnusedFilter
from .inline import show_on_user_pages

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Passkey]
else:
    from .themed import ModelAdmin  # takes no type argument

READ_ONLY = [
    "user",
    "kind",
    "manager",
    "storage",
    "held_by",
    "rp_id",
    "credential_id",
    "aaguid",
    "transports",
    "user_verified",
    "discoverable",
    "sign_count",
    "use_count",
    "created_at",
    "last_used_at",
    "refused_at",
]


@admin.register(Passkey)
class PasskeyAdmin(PasskeyColumns, ModelAdmin):
    """Read-only except for the name. Revoking removes the provider's copy, too. Staff cannot add passkeys."""

    list_display = ["name", "user", "kind", "manager", "storage", "last_used_at", "created_at", "held_by"]
    list_filter = ["kind", ProviderFilter, UnusedFilter, StorageFilter]
    list_select_related = ["user"]
    date_hierarchy = "created_at"
    fields = ["name", *READ_ONLY]
    readonly_fields = READ_ONLY
    actions = ["delete_selected", "accept_again"]
    change_list_template = "passkeys_django/admin/passkey_list.html"

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return ["name", "credential_id", user_search_field()]

    def get_urls(self) -> list[URLPattern]:
        show_on_user_pages(self.admin_site)
        view = self.admin_site.admin_view(partial(figures_view, model_admin=self))
        return [path("figures/", view, name="passkeys_django_figures"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Passkey, form: Any, change: bool) -> None:
        name, obj.name = obj.name, form.initial["name"]  # rename() needs the old name
        lifecycle.rename(obj, name, request=request)

    def delete_model(self, request: HttpRequest, obj: Passkey) -> None:
        self._report_copies(request, lifecycle.revoke([obj], request=request))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Log deletions on the users' pages, too: nobody can open the page of a deleted passkey."""
        for passkey in queryset:
            self.log_change(request, passkey.user, [{"deleted": {"name": "passkey", "object": str(passkey)}}])
        return super().log_deletions(request, queryset)

    @admin.action(description=gettext_lazy("Revoke selected passkeys"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Passkey]) -> HttpResponse | None:
        """Ask, then revoke. Replaces Django's action of this name, which would not report copies that are left."""
        if "post" not in request.POST:
            return self._ask(request, queryset)
        passkeys = queryset.select_related("user")
        self.log_deletions(request, passkeys)  # reads the passkeys once, for all lines below
        done = lifecycle.revoke(passkeys, request=request)
        revoked = ngettext("%(count)d passkey revoked.", "%(count)d passkeys revoked.", done.count)
        self.message_user(request, revoked % {"count": done.count}, messages.SUCCESS)
        self._report_copies(request, done)
        return None

    def _ask(self, request: HttpRequest, queryset: QuerySet[Passkey]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revoke passkeys?"),
            "opts": self.opts,
            "passkeys": queryset.select_related("user"),
        }
        return TemplateResponse(request, "passkeys_django/admin/revoke.html", context)

    def _report_copies(self, request: HttpRequest, done: lifecycle.Revocation) -> None:
        for provider, count in done.copies_left.items():
            text = ngettext(
                "%(count)d copy could not be removed at %(provider)s. Nobody can sign in with it here; run "
                "manage.py passkeys_sync to try again.",
                "%(count)d copies could not be removed at %(provider)s. Nobody can sign in with them here; run "
                "manage.py passkeys_sync to try again.",
                count,
            )
            self.message_user(request, text % {"count": count, "provider": provider}, messages.WARNING)

    def accept_again(self, request: HttpRequest, queryset: QuerySet[Passkey]) -> None:
        """Accept passkeys that their provider removed (`refused_at`): the site may verify them itself again."""
        refused = list(queryset.filter(refused_at__isnull=False))
        for passkey in refused:
            # Django translates the field's name when it shows the log.
            self.log_change(request, passkey, [{"changed": {"fields": ["removed by the provider"]}}])
        Passkey.objects.on_primary().filter(pk__in=[passkey.pk for passkey in refused]).update(refused_at=None)
        count = len(refused)
        accepted = ngettext("%(count)d passkey accepted.", "%(count)d passkeys accepted.", count)
        self.message_user(request, accepted % {"count": count})

    # What @admin.action does, but for `locations` of Django 6.1, with which django-simpleui cannot show the list.
    accept_again.short_description = gettext_lazy("Accept selected passkeys again")  # type: ignore[attr-defined]
    accept_again.allowed_permissions = ["change"]  # type: ignore[attr-defined]
