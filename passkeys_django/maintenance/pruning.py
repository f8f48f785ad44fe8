"""Revokes the passkeys that nobody has used for a long time, and deletes old events of the history."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from ..exceptions import LastPasskey
from ..lifecycle.batches import BATCH_SIZE, in_batches
from ..lifecycle.removal import prune
from ..models import Enrolment, Passkey, PasskeyEvent

ENROLMENTS_KEPT = timedelta(days=14)
USED_AT = Coalesce("last_used_at", "created_at")


class Pruning(Enum):
    """What happened to an unused passkey."""

    REMOVED = "removed"
    KEPT = "kept: its user has no password and no other passkey"
    USED = "left alone: used or removed meanwhile"


def unused_since(moment: datetime) -> list[UUID]:
    """Keys of the passkeys last used (or created, if never used) before this moment; longest unused first."""
    return list(_unused_since(moment).order_by(USED_AT, "pk").values_list("pk", flat=True))


def prune_passkeys(keys: list[UUID], *, unused_since: datetime) -> Iterator[Pruning]:
    """Remove these passkeys here, in this order, unless they were used since. Sends `passkey_removed`.

    The last passkey of a user without a usable password stays. `finish_removals` deletes the providers' copies.
    """
    for batch in in_batches(keys):
        unused = {row.pk: row for row in _unused_since(unused_since).filter(pk__in=batch).select_related("user")}
        for key in batch:
            yield _prune(unused[key]) if key in unused else Pruning.USED


def _prune(passkey: Passkey) -> Pruning:
    try:
        prune(passkey)
    except LastPasskey:
        return Pruning.KEPT
    except Passkey.DoesNotExist:
        return Pruning.USED
    return Pruning.REMOVED


def _unused_since(moment: datetime) -> QuerySet[Passkey]:
    rows = Passkey.objects.on_primary()
    return rows.alias(_used_at=USED_AT).filter(_used_at__lt=moment)


def events_before(moment: datetime) -> int:
    """How many events happened before this moment."""
    return _events_before(moment).count()


def prune_events(*, before: datetime) -> Iterator[int]:
    """Delete the events before this moment, oldest first. Yields how many events each batch deleted."""
    old = _events_before(before)
    while keys := list(old.order_by("at").values_list("pk", flat=True)[:BATCH_SIZE]):
        yield old.filter(pk__in=keys).delete()[0]


def prune_enrolments(*, before: datetime) -> int:
    """Delete the links for new passkeys that expired before this moment, but none of the last two weeks.

    Recovery reads the rows of the last days: which link was used, and which was cancelled.
    """
    moment = min(before, timezone.now() - ENROLMENTS_KEPT)
    return Enrolment.objects.on_primary().filter(expires_at__lt=moment).delete()[0]


def _events_before(moment: datetime) -> QuerySet[PasskeyEvent]:
    return PasskeyEvent.objects.on_primary().filter(at__lt=moment)
