"""Tells people that their passkeys were taken over: once for each person and run, for all their passkeys."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar
from uuid import UUID

from ..lifecycle.batches import in_batches
from ..models import Passkey
from ..signals import passkeys_adopted
from .insertion import New

Outcome = TypeVar("Outcome")


def announced(outcomes: Iterable[Outcome], *, tell_owners: bool) -> Iterator[Outcome]:
    """Yield the outcomes. When the run ends or breaks off, send `passkeys_adopted` once for each person."""
    taken: dict[Any, list[UUID]] = {}
    try:
        for outcome in outcomes:
            if isinstance(outcome, New):
                taken.setdefault(outcome.passkey.user_id, []).append(outcome.passkey.pk)
            yield outcome
    finally:
        _announce(taken, tell_owners)


def _announce(taken: dict[Any, list[UUID]], tell_owners: bool) -> None:
    for people in in_batches(taken):
        keys = {key for person in people for key in taken[person]}
        by_person: dict[Any, list[Passkey]] = {}
        for passkey in Passkey.objects.on_primary().filter(user__in=people).select_related("user").order_by("pk"):
            if passkey.pk in keys:
                by_person.setdefault(passkey.user_id, []).append(passkey)
        for passkeys in by_person.values():
            passkeys_adopted.send(sender=Passkey, user=passkeys[0].user, passkeys=passkeys, tell_owner=tell_owners)
