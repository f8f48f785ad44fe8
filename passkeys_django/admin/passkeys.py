"""Passkeys: staff find, rename and revoke them, and can only view the rest."""

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import lifecycle
from ..lifecycle.lockout import find_locked_out
from ..models import Passkey, user_name
from ..policy.rank import outranks
from .batches import MOST_NAMED, Batch, Progress, log_changes, progress_page
from .columns import PasskeyColumns
from .exporting import PasskeyExports
from .figures import figures_view
from .inline import show_on_user_pages
from .lists.filters import MomentFilter, ProviderFilter, StorageFilter, UnusedFilter
from .lists.long_list import LongList
from .lists.searching import PartsFilter, SearchesWholeValues, find_passkey
from .people import errands
from .people.pages import PersonColumn
from .people.rules import refuse_unless_strong, sorted_out
from .people.searching import of_users, user_search_fields

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Passkey]
else:
    from .themed import ModelAdmin  # takes no type argument

MOST_LISTED = 1000
"""How many passkeys the question lists at most. Nobody reads more, and asking for their users takes long."""
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
class PasskeyAdmin(PasskeyColumns, PasskeyExports, SearchesWholeValues, LongList, ModelAdmin):
    """Read-only except for the name. Revoking removes the provider's copy, too. Staff cannot add passkeys.

    Passkeys of staff and superusers are revoked only by superusers, and accepted again only by them.
    """

    list_display = ["name", "user", "kind", "manager", "storage", "last_used_at", "created_at", "held_by"]
    list_filter: ClassVar = [
        "kind",
        ProviderFilter,
        UnusedFilter,
        StorageFilter,
        ("created_at", MomentFilter),
        PartsFilter,
    ]
    list_select_related = ["user"]
    sortable_by = ["created_at"]
    fields = ["name", *READ_ONLY]
    readonly_fields = READ_ONLY
    actions = ["delete_selected", "accept_again", "export_csv", "export_jsonl"]
    change_list_template = "passkeys_django/admin/passkey_list.html"

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return ["name", "credential_id", *user_search_fields(request, self.admin_site)]

    def whole_values(self, request: HttpRequest, queryset: QuerySet[Passkey], term: str) -> Q:
        """The passkey with this credential id, or the passkeys of this user. Only the id surely has an index."""
        passkey = find_passkey(term)
        return of_users(request, self.admin_site, queryset, term) if passkey is None else Q(pk=passkey.pk)

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
        passkeys = list(queryset)
        deleted = [{"deleted": {"name": "passkey", "object": str(passkey)}} for passkey in passkeys]
        log_changes(request, [(passkey.user, entry) for passkey, entry in zip(passkeys, deleted, strict=True)])
        return super().log_deletions(request, queryset)

    @admin.action(description=gettext_lazy("Revoke selected passkeys"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Passkey]) -> HttpResponse | None:
        """Ask, then revoke. Replaces Django's action of this name, which would not report copies that are left."""
        if (interruption := refuse_unless_strong(request)) is not None:
            return interruption
        batch = Batch.of(request, "delete_selected", queryset.select_related("user"))
        if "post" not in request.POST:
            return self._ask(request, batch)
        progress = batch.progress
        if not batch.run(partial(self._revoke_chunk, request, progress)):
            return progress_page(request, self, batch, _("Revoking passkeys"))
        done = lifecycle.Revocation(count=progress.changed, copies_left=progress.copies_left)
        self.report_revocation(request, done)
        self._report_others(request, progress)
        return None

    def _revoke_chunk(self, request: HttpRequest, progress: Progress, passkeys: list[Passkey]) -> None:
        allowed, others = sorted_out(passkeys, partial(self.has_delete_permission, request))
        self.log_deletions(request, allowed)
        done = lifecycle.revoke(allowed, request=request)
        progress.changed += done.count
        progress.copies_left.update(done.copies_left)
        progress.name_others(_named(others))

    def _ask(self, request: HttpRequest, batch: Batch) -> HttpResponse:
        """The question names the passkeys and the users who are locked out, if they are not too many."""
        count = batch.rows.order_by().count()
        listed = batch.rows if count <= MOST_LISTED else batch.rows.none()
        passkeys, others = sorted_out(listed, partial(self.has_delete_permission, request))
        locked_out = [user_name(user) for user in find_locked_out({passkey.pk for passkey in passkeys})]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revoke passkeys?"),
            "opts": self.opts,
            "count": count,
            "is_listed": count <= MOST_LISTED,
            "passkeys": passkeys,
            "others": others,
            "fields": batch.fields,
            "address": batch.address,
            "locked_out": locked_out[:MOST_NAMED],
            "locked_out_count": len(locked_out),
            "locked_out_more": len(locked_out[MOST_NAMED:]),
        }
        return TemplateResponse(request, "passkeys_django/admin/revoke.html", context)

    def _report_others(self, request: HttpRequest, progress: Progress) -> None:
        if progress.others:
            text = _("Only superusers may do this for staff and superusers. Left as they are: %(passkeys)s")
            self.message_user(request, text % {"passkeys": ", ".join(progress.others)}, messages.WARNING)

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
        refused = queryset.filter(refused_at__isnull=False).select_related("user")
        batch = Batch.of(request, "accept_again", refused)
        if not batch.run(partial(self._accept_chunk, request, batch.progress)):
            return progress_page(request, self, batch, _("Accepting passkeys again"))
        count = batch.progress.changed
        accepted = ngettext("%(count)d passkey accepted.", "%(count)d passkeys accepted.", count)
        self.message_user(request, accepted % {"count": count})
        self._report_others(request, batch.progress)
        return None

    def _may_accept(self, request: HttpRequest, passkey: Passkey) -> bool:
        return self.has_change_permission(request, passkey) and outranks(request.user, passkey.user)

    def _accept_chunk(self, request: HttpRequest, progress: Progress, passkeys: list[Passkey]) -> None:
        refused, others = sorted_out(passkeys, partial(self._may_accept, request))
        # Django translates the field's name when it shows the log.
        changed = {"changed": {"fields": ["removed by the provider"]}}
        log_changes(request, [(passkey, changed) for passkey in refused])
        Passkey.objects.on_primary().filter(pk__in=[passkey.pk for passkey in refused]).update(refused_at=None)
        progress.changed += len(refused)
        progress.name_others(_named(others))

    # What @admin.action does, but for `locations` of Django 6.1, with which django-simpleui cannot show the list.
    accept_again.short_description = gettext_lazy("Accept selected passkeys again")  # type: ignore[attr-defined]
    accept_again.allowed_permissions = ["change"]  # type: ignore[attr-defined]


def _named(passkeys: list[Passkey]) -> list[str]:
    return [f"{user_name(passkey.user)}: {passkey.name}" for passkey in passkeys[:MOST_NAMED]]
