"""Revokes the passkeys that nobody has used for a long time, and deletes old events of the history."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from ..figures import figures_by_week
from ..lifecycle.batches import in_pages, in_pages_by, values_in_pages
from ..lifecycle.lockout import users_locked_out
from ..lifecycle.many_removals import announce, prune_many
from ..mail import one_connection
from ..models import Enrolment, Passkey, PasskeyEvent, PasskeyQuerySet

ENROLMENTS_KEPT = timedelta(days=14)
USED_AT = Coalesce("last_used_at", "created_at")
OWNERS = 200
"""A batch: so many people at most wait for one transaction, if they remove or create passkeys just then."""


@dataclass(frozen=True, kw_only=True)
class Unused:
    """How many passkeys of a batch nobody uses, and how many of them are kept as their users' last ones."""

    found: int
    kept: int


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """How many passkeys of a batch were removed, and how many were kept as their users' last ones."""

    removed: int
    kept: int


def count_unused(moment: datetime) -> Iterator[Unused]:
    """Count the passkeys last used (or created, if never used) before this moment, a few hundred at a time."""
    unused = _unused_since(moment)
    for owners in values_in_pages("user_id", unused, OWNERS):
        keys = set(unused.filter(user_id__in=owners).order_by().values_list("pk", flat=True))
        yield Unused(found=len(keys), kept=users_locked_out(keys))


def prune_passkeys(*, unused_since: datetime, tell_owners: bool = True) -> Iterator[Pruned]:
    """Remove the passkeys last used (or created, if never used) before this moment, a few hundred at a time.

    A passkey that is used meanwhile stays. So does the last passkey of a user without a usable password; of
    several unused ones, the one that was used last. Sends `passkey_removed`. `finish_removals` deletes the
    providers' copies.
    """
    unused = _unused_since(unused_since).order_by(USED_AT, "pk")
    with one_connection():
        for owners in values_in_pages("user_id", unused, OWNERS):
            removed, kept = prune_many(unused, owners=owners)
            try:
                announce(removed, tell_owners=tell_owners)
            finally:  # they are removed, also where telling their owners breaks off
                yield Pruned(removed=len(removed), kept=len(kept))


def _unused_since(moment: datetime) -> PasskeyQuerySet:
    return Passkey.objects.on_primary().alias(_used_at=USED_AT).filter(_used_at__lt=moment)


def events_before(moment: datetime) -> int:
    """How many events happened before this moment."""
    return _events_before(moment).count()


def prune_events(*, before: datetime) -> Iterator[int]:
    """Delete the events before this moment, oldest first. Yields how many events each batch deleted.

    The weeks are counted first, because the figures outlive the events. Each of them yields 0.
    """
    while figures_by_week(seconds=0).left:
        yield 0
    events = _events_before(before)
    for batch in in_pages_by("at", events.only("at")):
        yield events.filter(pk__in=[event.pk for event in batch]).delete()[0]


def prune_enrolments(*, before: datetime) -> int:
    """Delete the links for new passkeys that expired before this moment, but none of the last two weeks.

    Recovery reads the rows of the last days: which link was used, and which was cancelled.
    """
    moment = min(before, timezone.now() - ENROLMENTS_KEPT)
    links = Enrolment.objects.on_primary().filter(expires_at__lt=moment)
    pages = in_pages(links.only("pk"))
    return sum(links.filter(pk__in=[link.pk for link in page]).delete()[0] for page in pages)


def _events_before(moment: datetime) -> QuerySet[PasskeyEvent]:
    return PasskeyEvent.objects.on_primary().filter(at__lt=moment)
