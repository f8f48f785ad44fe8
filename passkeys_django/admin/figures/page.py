"""A page with figures: logins, registrations, refusals and offers by week, managers, providers, and who is due."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from ...conf import passkey_settings
from ...figures import figures_by_week
from ...figures.counting import ALL, HELD, MANAGERS, PENDING, PEOPLE, POLICY
from ...models import PasskeyKind
from ...policy.entries import entries
from ...providers import find_provider, get_provider, providers_with_copies
from ...providers.failover import is_down
from ..columns import holder_name
from ..people.user_filters import list_of_required
from .charts import shown_number
from .content import charts_of

PATIENCE = 2.0
"""After so many seconds, no other week is counted before the page is shown."""
BAR = 160
"""The width of the bar of the most common manager."""


def figures_view(request: HttpRequest, *, model_admin: "admin.ModelAdmin[Any]") -> HttpResponseBase:
    """The page with figures, for staff who may view passkeys. A POST counts anew."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    figures = figures_by_week(anew=request.method == "POST", seconds=PATIENCE)
    if request.method == "POST":
        return HttpResponseRedirect(request.path)
    weeks, now = figures.weeks, figures.weeks[-1].counts
    people = now[PEOPLE]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Figures"),
        "opts": model_admin.opts,
        "counted_at": weeks[-1].counted_at,
        "left": figures.left,
        "users": shown_number(people[ALL]),
        "with_passkey": shown_number(people[PasskeyKind.PASSKEY]),
        "with_security_key": people[PasskeyKind.SECURITY_KEY] and shown_number(people[PasskeyKind.SECURITY_KEY]),
        "charts": charts_of(weeks),
        "logins_are_recorded": passkey_settings.events,
        "bar": BAR,
        "managers": _managers(now[MANAGERS]),
        "providers": _providers(now[HELD], now[PENDING]),
        "due": _due(now[POLICY]),
        "due_url": list_of_required(request, model_admin.admin_site),
        "policy_is_function": entries() is None,
    }
    return TemplateResponse(request, "passkeys_django/admin/figures.html", context)


def _managers(counts: dict[str, int]) -> list[dict[str, Any]]:
    """Managers and their numbers of passkeys, most passkeys first, with the widths of their bars."""
    most = max(counts.values(), default=1)
    return [
        {"name": name or _("Unknown"), "count": shown_number(count), "width": f"{count / most * BAR:.1f}"}
        for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _due(counts: dict[str, list[int]]) -> list[dict[str, Any]]:
    """The entries of the policy that require a passkey, as far as they were there when the people were counted."""
    return [
        {
            "name": entry.name,
            "since": None if entry.has_begun else entry.since,
            "people": shown_number(counts[entry.name][0]),
            "lacking": shown_number(counts[entry.name][1]),
        }
        for entry in entries() or ()
        if entry.name in counts
    ]


def _providers(held: dict[str, int], pending: dict[str, int]) -> list[dict[str, Any]]:
    """The default provider first, then all others that hold passkeys or have removals pending."""
    configured = [get_provider(), *providers_with_copies()]
    identities = dict.fromkeys([*(provider.identity for provider in configured), *held, *pending])
    return [
        {
            "name": holder_name(identity),
            "state": _state(identity),
            "passkeys": shown_number(held.get(identity, 0)),
            "pending": shown_number(pending.get(identity, 0)),
        }
        for identity in identities
    ]


def _state(identity: str) -> str:
    """The state as the last logins found it: the provider is not asked now."""
    provider = find_provider(identity)
    if not identity:
        return _("up")
    if provider is None:
        return _("not in the settings any more: passkeys are verified here")
    if not passkey_settings.local_fallback:
        return _("not watched, since PASSKEY_LOCAL_FALLBACK is off")
    return _("down: passkeys are verified here") if is_down(provider) else _("up")
