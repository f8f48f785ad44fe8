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
from ..lifecycle.lockout import find_locked_out
from ..models import Passkey, user_name
from ..policy.rank import outranks
from .columns import PasskeyColumns
from .exporting import PasskeyExports
from .figures import figures_view
from .filters import ProviderFilter, StorageFilter, UnusedFilter
from .inline import show_on_user_pages
from .people import errands
from .people.pages import PersonColumn
from .people.rules import only_outranked, refuse_unless_strong
from .people.searching import user_search_fields

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Passkey]
else:
    from .themed import ModelAdmin  # takes no type argument

MOST_NAMED = 20
"""How many users or passkeys a page or a message names at most."""
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
class PasskeyAdmin(PasskeyColumns, PasskeyExports, ModelAdmin):
    """Read-only except for the name. Revoking removes the provider's copy, too. Staff cannot add passkeys.

    Passkeys of staff and superusers are revoked only by superusers, and accepted again only by them.
    """

    list_display = ["name", "user", "kind", "manager", "storage", "last_used_at", "created_at", "held_by"]
    list_filter = ["kind", ProviderFilter, UnusedFilter, StorageFilter]
    list_select_related = ["user"]
    date_hierarchy = "created_at"
    fields = ["name", *READ_ONLY]
    readonly_fields = READ_ONLY
    actions = ["delete_selected", "accept_again", "export_csv", "export_jsonl"]
    change_list_template = "passkeys_django/admin/passkey_list.html"

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return ["name", "credential_id", *user_search_fields(request, self.admin_site)]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The user leads to the user's page."""
        column = PersonColumn(request, self.admin_site, Passkey, "user")
        return [column if name == "user" else name for name in super().get_list_display(request)]

    def get_urls(self) -> list[URLPattern]:
        show_on_user_pages(self.admin_site)
        view = self.admin_site.admin_view(partial(figures_view, model_admin=self))
        figures = path("figures/", view, name="passkeys_django_figures")
        return [figures, *errands.urls(self), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Passkey | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or outranks(request.user, obj.user))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return refuse_unless_strong(request) or super().delete_view(request, object_id, extra_context)

    def save_model(self, request: HttpRequest, obj: Passkey, form: Any, change: bool) -> None:
        name, obj.name = obj.name, form.initial["name"]  # rename() needs the old name
        lifecycle.rename(obj, name, request=request)

    def delete_model(self, request: HttpRequest, obj: Passkey) -> None:
        self._report_copies(request, lifecycle.revoke([obj], request=request))

    def report_revocation(self, request: HttpRequest, done: lifecycle.Revocation) -> None:
        """Say how many passkeys were revoked, and which copies are left."""
        revoked = ngettext("%(count)d passkey revoked.", "%(count)d passkeys revoked.", done.count)
        self.message_user(request, revoked % {"count": done.count}, messages.SUCCESS)
        self._report_copies(request, done)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Log deletions on the users' pages, too: nobody can open the page of a deleted passkey."""
        for passkey in queryset:
            self.log_change(request, passkey.user, [{"deleted": {"name": "passkey", "object": str(passkey)}}])
        return super().log_deletions(request, queryset)

    @admin.action(description=gettext_lazy("Revoke selected passkeys"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Passkey]) -> HttpResponse | None:
        """Ask, then revoke. Replaces Django's action of this name, which would not report copies that are left."""
        if (interruption := refuse_unless_strong(request)) is not None:
            return interruption
        allowed, others = only_outranked(request, queryset.select_related("user"))
        if "post" not in request.POST:
            return self._ask(request, allowed, others)
        self.log_deletions(request, allowed)
        self.report_revocation(request, lifecycle.revoke(allowed, request=request))
        self._report_others(request, others)
        return None

    def _ask(self, request: HttpRequest, passkeys: list[Passkey], others: list[Passkey]) -> HttpResponse:
        locked_out = [user_name(user) for user in find_locked_out({passkey.pk for passkey in passkeys})]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revoke passkeys?"),
            "opts": self.opts,
            "passkeys": passkeys,
            "others": others,
            "locked_out": locked_out[:MOST_NAMED],
            "locked_out_count": len(locked_out),
            "locked_out_more": len(locked_out[MOST_NAMED:]),
        }
        return TemplateResponse(request, "passkeys_django/admin/revoke.html", context)

    def _report_others(self, request: HttpRequest, others: list[Passkey]) -> None:
        if others:
            text = _("Only superusers may do this for staff and superusers. Left as they are: %(passkeys)s")
            named = [f"{user_name(passkey.user)}: {passkey.name}" for passkey in others[:MOST_NAMED]]
            self.message_user(request, text % {"passkeys": ", ".join(named)}, messages.WARNING)

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

    def accept_again(self, request: HttpRequest, queryset: QuerySet[Passkey]) -> HttpResponse | None:
        """Accept passkeys that their provider removed (`refused_at`): the site may verify them itself again."""
        if (interruption := refuse_unless_strong(request)) is not None:
            return interruption
        rows = queryset.filter(refused_at__isnull=False).select_related("user")
        refused, others = only_outranked(request, rows)
        for passkey in refused:
            # Django translates the field's name when it shows the log.
            self.log_change(request, passkey, [{"changed": {"fields": ["removed by the provider"]}}])
        Passkey.objects.on_primary().filter(pk__in=[passkey.pk for passkey in refused]).update(refused_at=None)
        count = len(refused)
        accepted = ngettext("%(count)d passkey accepted.", "%(count)d passkeys accepted.", count)
        self.message_user(request, accepted % {"count": count})
        self._report_others(request, others)
        return None

    # What @admin.action does, but for `locations` of Django 6.1, with which django-simpleui cannot show the list.
    accept_again.short_description = gettext_lazy("Accept selected passkeys again")  # type: ignore[attr-defined]
    accept_again.allowed_permissions = ["change"]  # type: ignore[attr-defined]
