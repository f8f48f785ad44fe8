"""Counts of one week, and of what there is now. All are read from the database that is written to."""

import time
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, Exists, OuterRef, QuerySet

from ..conf import passkey_settings
from ..models import EventKind, Passkey, PasskeyEvent, PasskeyKind, RemovedPasskey
from ..policy import people
from ..protocol.aaguids import known_manager
from .weeks import Week

Counts = dict[str, dict[str, Any]]
PEOPLE, MANAGERS, HELD, PENDING, POLICY = "people", "managers", "held", "pending", "policy"
SECONDS = "seconds"
"""How long `count_now` took."""
ALL = "all"
"""Names in `WeeklyFigures.counts`, beside the kinds of events. `ALL` is a detail of `PEOPLE` and of `SECONDS`."""


def count_week(week: Week) -> Counts:
    """What happened in this week, by kind of event and code. Without the history, only registrations are known."""
    if not passkey_settings.events:
        return {EventKind.REGISTERED.value: {"": _created_in(week).count()}}
    rows = PasskeyEvent.objects.on_primary().filter(at__gte=week.begins, at__lt=week.ends).order_by()
    counts: Counts = defaultdict(dict)
    for kind, code, count in rows.values_list("kind", "code").annotate(count=Count("pk")):
        counts[kind][code] = count
    return dict(counts)


def count_now() -> Counts:
    """How many people and passkeys there are, who is due under the policy, and how long it took to count them."""
    begun = time.monotonic()
    held, managers = _passkeys_by_provider_and_manager()
    counts: Counts = {
        PEOPLE: {ALL: _people().count(), **{kind.value: _owners(kind) for kind in PasskeyKind}},
        HELD: held,
        MANAGERS: managers,
        PENDING: _pending(),
        POLICY: _due(),
    }
    return counts | {SECONDS: {ALL: time.monotonic() - begun}}


def count_newcomers(week: Week, *, until: datetime) -> int:
    """How many of the people with a passkey got their first passkey in this week, until this moment.

    Removed passkeys are unknown.
    """
    own = _passkeys().filter(kind=PasskeyKind.PASSKEY, user=OuterRef("user"))
    earlier = own.filter(created_at__lt=OuterRef("created_at"))
    created = _created_in(week).filter(created_at__lte=until, kind=PasskeyKind.PASSKEY)
    first = created.filter(~Exists(earlier), user__in=_people().values("pk"))
    found: int = first.aggregate(people=Count("user", distinct=True))["people"]
    return found


def _passkeys() -> "QuerySet[Passkey]":
    return Passkey.objects.on_primary().order_by()


def _created_in(week: Week) -> "QuerySet[Passkey]":
    return _passkeys().filter(created_at__gte=week.begins, created_at__lt=week.ends)


def _people() -> QuerySet[Any]:
    """Active users, or all users if the model has no `is_active`. Reads from the passkeys' database."""
    return people.active(get_user_model()._default_manager.using(_passkeys().db).order_by())


def _owners(kind: PasskeyKind) -> int:
    return _people().filter(pk__in=_passkeys().filter(kind=kind).values("user")).count()


def _passkeys_by_provider_and_manager() -> tuple[Counter[str], Counter[str]]:
    """By the provider's identity, and by the manager's name: some managers have several AAGUIDs."""
    held: Counter[str] = Counter()
    managers: Counter[str] = Counter()
    for provider, aaguid, count in _passkeys().values_list("provider", "aaguid").annotate(count=Count("pk")):
        held[provider] += count
        managers[known_manager(aaguid)] += count
    return held, managers


def _pending() -> dict[str, int]:
    rows = RemovedPasskey.objects.on_primary().order_by()
    return dict(rows.values_list("provider").annotate(count=Count("pk")))


def _due() -> dict[str, list[int]]:
    """By the name of an entry that requires a passkey: for how many people it holds, and how many have none yet.

    Empty, too, if the policy is a function: nobody wants to wait for a page that asks it about each user.
    """
    entries = people.due_by_entry(_people()) or []
    return {entry.name: [found.count(), lacking.count()] for entry, found, lacking in entries}
