"""A page with figures: users with passkeys, registrations and logins a week, the state of the providers."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncWeek
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from ..conf import passkey_settings
from ..maintenance.relabelling import count_by_provider
from ..models import EventKind, Passkey, PasskeyEvent, PasskeyKind, RemovedPasskey
from ..policy.people import active
from ..providers import find_provider, get_provider, providers_with_copies
from ..providers.failover import is_down
from .columns import holder_name, shown_manager

WEEKS = 8


def figures_view(request: HttpRequest, *, model_admin: "admin.ModelAdmin[Passkey]") -> TemplateResponse:
    """The page with figures, for staff who may view passkeys."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Figures"),
        "opts": model_admin.opts,
        "users": _users().count(),
        "with_passkey": _owners(PasskeyKind.PASSKEY),
        "with_security_key": _owners(PasskeyKind.SECURITY_KEY),
        "managers": _managers(),
        "weeks": _weeks(),
        "logins_are_recorded": passkey_settings.events,
        "providers": _providers(),
    }
    return TemplateResponse(request, "passkeys_django/admin/figures.html", context)


def _passkeys() -> "QuerySet[Passkey]":
    return Passkey.objects.on_primary()


def _users() -> "QuerySet[Any]":
    """Active users, or all users if the model has no `is_active`. Reads from the passkeys' database."""
    return active(get_user_model()._default_manager.using(_passkeys().db).all())


def _owners(kind: PasskeyKind) -> int:
    return _users().filter(pk__in=_passkeys().filter(kind=kind).order_by().values("user")).count()


def _managers() -> list[tuple[str, int]]:
    """Managers and their numbers of passkeys, most passkeys first. By name: some managers have several AAGUIDs."""
    counts: Counter[str] = Counter()
    for row in _passkeys().order_by().values("aaguid").annotate(count=Count("pk")):
        counts[shown_manager(row["aaguid"])] += row["count"]
    return counts.most_common()


def _weeks() -> list[dict[str, Any]]:
    """The last weeks, the current week first. Without the history, registrations are known, but not logins."""
    monday = _monday(timezone.now())
    since = monday - timedelta(weeks=WEEKS - 1)
    if passkey_settings.events:
        registrations = _by_week(_events(EventKind.REGISTERED), "at", since)
        logins = _by_week(_events(EventKind.USED), "at", since)
    else:
        registrations, logins = _by_week(_passkeys(), "created_at", since), {}
    mondays = [(monday - timedelta(weeks=number)).date() for number in range(WEEKS)]
    return [
        {"monday": day, "registrations": registrations.get(day, 0), "logins": logins.get(day, 0)}
        for day in mondays
    ]


def _events(kind: EventKind) -> "QuerySet[PasskeyEvent]":
    return PasskeyEvent.objects.on_primary().filter(kind=kind)


def _by_week(rows: "QuerySet[Any]", field: str, since: datetime) -> dict[date, int]:
    rows = rows.filter(**{f"{field}__gte": since}).order_by().annotate(week=TruncWeek(field))
    return {row["week"].date(): row["count"] for row in rows.values("week").annotate(count=Count("pk"))}


def _monday(now: datetime) -> datetime:
    """The beginning of the week, in the time zone in which the admin shows times."""
    local = timezone.localtime(now) if timezone.is_aware(now) else now
    return local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=local.weekday())


def _providers() -> list[dict[str, Any]]:
    """The default provider first, then all others that hold passkeys or have removals pending."""
    held, pending = Counter(count_by_provider()), _pending()
    configured = [get_provider(), *providers_with_copies()]
    identities = dict.fromkeys([*(provider.identity for provider in configured), *held, *pending])
    return [
        {
            "name": holder_name(identity),
            "state": _state(identity),
            "passkeys": held[identity],
            "pending": pending[identity],
        }
        for identity in identities
    ]


def _pending() -> Counter[str]:
    rows = RemovedPasskey.objects.on_primary().order_by()
    return Counter(dict(rows.values_list("provider").annotate(count=Count("pk"))))


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
