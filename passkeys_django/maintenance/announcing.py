"""Tells people that their passkeys were taken over: once for each person and run, for all their passkeys."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar
from uuid import UUID

from django.db import connections, router

from ..lifecycle.batches import in_batches
from ..models import Passkey
from ..signals import passkeys_adopted
from .insertion import New

logger = logging.getLogger("passkeys_django")
Outcome = TypeVar("Outcome")


def announced(outcomes: Iterable[Outcome], *, tell_owners: bool) -> Iterator[Outcome]:
    """Yield the outcomes. When the run ends or breaks off, send `passkeys_adopted` once for each person."""
    taken: dict[Any, list[UUID]] = {}
    try:
        for outcome in outcomes:
            if isinstance(outcome, New):
                taken.setdefault(outcome.passkey.user_id, []).append(outcome.passkey.pk)
            yield outcome
    except KeyboardInterrupt:  # the second Ctrl-C: stop at once
        _warn(taken)
        taken.clear()
        raise
    finally:
        _drop_broken_connection()
        _announce_all(taken, tell_owners)


def _drop_broken_connection() -> None:
    """If the run has lost its connection, the next query makes a new one."""
    connection = connections[router.db_for_write(Passkey)]
    if connection.errors_occurred and not connection.in_atomic_block and not connection.is_usable():
        connection.close()


def _announce_all(taken: dict[Any, list[UUID]], tell_owners: bool) -> None:
    try:
        for people in in_batches(list(taken)):
            _announce(people, {key for person in people for key in taken.pop(person)}, tell_owners)
    except BaseException:
        _warn(taken)
        raise


def _warn(untold: dict[Any, list[UUID]]) -> None:
    if untold:
        logger.warning("Passkeys were taken over, and at least %d people were not told", len(untold))


def _announce(people: list[Any], keys: set[UUID], tell_owners: bool) -> None:
    by_person: dict[Any, list[Passkey]] = {}
    for passkey in Passkey.objects.on_primary().filter(user__in=people).select_related("user").order_by("pk"):
        if passkey.pk in keys:
            by_person.setdefault(passkey.user_id, []).append(passkey)
    for passkeys in by_person.values():
        passkeys_adopted.send(sender=Passkey, user=passkeys[0].user, passkeys=passkeys, tell_owner=tell_owners)
