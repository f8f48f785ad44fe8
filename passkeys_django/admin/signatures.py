"""Signatures: staff find and read them, see the verdict, and take the evidence with them. Nobody changes them."""

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..exceptions import InvalidStatement
from ..models import PasskeySignature
from ..signatures import evidence_of, verify_signature
from ..signatures.statement.statements import rows
from .columns import holder_name
from .exporting import SignatureExports
from .lists.filters import ActionFilter, MomentFilter
from .lists.long_list import LongList
from .people.pages import PersonColumn
from .people.searching import of_users
from .read_only import ReadOnly

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[PasskeySignature]
else:
    from .themed import ModelAdmin  # takes no type argument


class SignerColumn(PersonColumn):
    """The person who has signed. A user who was deleted since has the name of that time."""

    def __call__(self, row: Any) -> str | SafeString | None:
        return super().__call__(row) or str(row.user_name)


@admin.register(PasskeySignature)
class PasskeySignatureAdmin(ReadOnly, SignatureExports, LongList, ModelAdmin):
    """Read-only, for superusers as well. The verdict is computed anew each time that the page is shown.

    The list is made for a million rows: the search compares whole values, which have an index, and no filter reads
    all rows. So there is no `date_hierarchy`, which does, and nobody sorts by a column without an index.
    """

    list_display = ["created_at", "action", "user", "run_by", "alone"]
    list_filter: ClassVar = [ActionFilter, ("created_at", MomentFilter)]
    list_select_related = ["user"]
    sortable_by = ["created_at", "action"]
    search_fields = ["id", "action", "user_name"]
    search_help_text = gettext_lazy("The whole transaction ID, action or user name")
    actions = ["export_jsonl"]
    fields = readonly_fields = (
        "verdict",
        "statement",
        "exact_text",
        "action",
        "created_at",
        "user",
        "user_name",
        "user_key",
        "id",
        "credential_id",
        "rp_id",
        "origin",
        "run_by",
        "alone",
        "evidence",
    )

    class Media:
        css: ClassVar = {"all": ["passkeys_django/admin.css"]}

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The user leads to the user's page."""
        column = SignerColumn(request, self.admin_site, PasskeySignature, "user")
        return [column if name == "user" else name for name in super().get_list_display(request)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PasskeySignature], search_term: str
    ) -> tuple[QuerySet[PasskeySignature], bool]:
        """The signatures with this id, action or user. Users are found by today's name and by that of the time."""
        term = search_term.strip()
        if not term:
            return queryset, False
        users = of_users(request, self.admin_site, queryset, term)
        return queryset.filter(_matches(term) | users), False

    def get_urls(self) -> list[URLPattern]:
        """The page's own URLs, before Django's, whose last one takes every path."""
        view = self.admin_site.admin_view(self.evidence_view)
        name = "passkeys_django_passkeysignature_evidence"
        return [path("<path:object_id>/evidence/", view, name=name), *super().get_urls()]

    def evidence_view(self, request: HttpRequest, object_id: str) -> JsonResponse:
        """The evidence as a file. Raises Http404, and PermissionDenied for staff who may not view signatures."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        signature = self.get_object(request, unquote(object_id))
        if signature is None:
            raise Http404
        response = JsonResponse(evidence_of(signature), json_dumps_params={"indent": 2})
        response["Content-Disposition"] = f'attachment; filename="passkey-signature-{signature.pk}.json"'
        return response

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=gettext_lazy("provider"))
    def run_by(self, signature: PasskeySignature) -> str:
        """The provider that ran the ceremony, in words."""
        return holder_name(signature.provider)

    @admin.display(description=gettext_lazy("fallback"))
    def alone(self, signature: PasskeySignature) -> str:
        """Was the provider down? In words: Django would show a red cross where nothing is wrong."""
        return _("its provider was down") if signature.fallback else _("No")

    @admin.display(description=gettext_lazy("verdict"))
    def verdict(self, signature: PasskeySignature) -> SafeString:
        """Is the evidence good? If it is not, what is wrong with it?"""
        problems = verify_signature(signature).problems
        if not problems:
            good = _("Good: the passkey has signed this text, and nothing was changed since.")
            return format_html('<strong data-passkey-verdict="good">{}</strong>', good)
        bad = _("Bad: do not rely on this signature.")
        lines = format_html_join("", "<div>{}</div>", ((problem,) for problem in problems))
        return format_html('<strong data-passkey-verdict="bad">{}</strong>{}', bad, lines)

    @admin.display(description=gettext_lazy("statement"))
    def statement(self, signature: PasskeySignature) -> SafeString:
        """What the person has seen, made from the text that they have signed."""
        try:
            lines = rows(signature.text)
        except InvalidStatement:
            return format_html("{}", _("The text cannot be read."))
        return render_to_string("passkeys_django/admin/statement.html", {"rows": lines})

    @admin.display(description=gettext_lazy("exact text"))
    def exact_text(self, signature: PasskeySignature) -> SafeString:
        return format_html('<pre data-passkey-text dir="ltr">{}</pre>', signature.text)

    @admin.display(description=gettext_lazy("evidence"))
    def evidence(self, signature: PasskeySignature) -> SafeString:
        """A link beside the page's own URL."""
        return format_html('<a href="../evidence/" data-passkey-evidence>{}</a>', _("Download as JSON"))


def _matches(term: str) -> Q:
    """The signatures with this action, name of that time, or id. Each part has an index of its own."""
    found = Q(action=term) | Q(user_name=term)
    try:
        return found | Q(pk=UUID(term))
    except ValueError:
        return found
