"""Tells people that their passkeys were taken over: once for each person and run, for all their passkeys."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar
from uuid import UUID

from django.db import connections, router

from ..mail import one_connection
from ..models import Passkey
from ..signals import passkeys_adopted
from .insertion import New
from .on_disk import Notes, pickled, unpickled

logger = logging.getLogger("passkeys_django")
Outcome = TypeVar("Outcome")
SCHEMA = "CREATE TABLE taken (person BLOB, passkey BLOB, PRIMARY KEY (person, passkey)) WITHOUT ROWID;"


def announced(outcomes: Iterable[Outcome], *, tell_owners: bool) -> Iterator[Outcome]:
    """Yield the outcomes. When the run ends or breaks off, send `passkeys_adopted` once for each person."""
    taken = Notes(SCHEMA)
    try:
        for outcome in outcomes:
            if isinstance(outcome, New):
                passkey = outcome.passkey
                taken.write("INSERT INTO taken VALUES (?, ?)", [(pickled(passkey.user_id), passkey.pk.bytes)])
            yield outcome
    except KeyboardInterrupt:  # the second Ctrl-C: stop at once
        _warn(taken)
        taken.run("DELETE FROM taken")
        raise
    finally:
        _drop_broken_connection()
        _announce_all(taken, tell_owners)


def _drop_broken_connection() -> None:
    """If the run has lost its connection, the next query makes a new one."""
    connection = connections[router.db_for_write(Passkey)]
    if connection.errors_occurred and not connection.in_atomic_block and not connection.is_usable():
        connection.close()


def _announce_all(taken: Notes, tell_owners: bool) -> None:
    try:
        with one_connection():
            for page in taken.pages("SELECT DISTINCT person FROM taken WHERE person > ?"):
                people = [person for (person,) in page]
                rows = taken.among("SELECT passkey FROM taken WHERE person IN ({})", people)
                taken.among("DELETE FROM taken WHERE person IN ({})", people)
                _announce(list(map(unpickled, people)), {UUID(bytes=key) for (key,) in rows}, tell_owners)
    except BaseException:
        _warn(taken)
        raise


def _warn(taken: Notes) -> None:
    """`taken` has only the people whose turn has not come."""
    if untold := taken.run("SELECT count(DISTINCT person) FROM taken")[0][0]:
        logger.warning("Passkeys were taken over, and at least %d people were not told", untold)


def _announce(people: list[Any], keys: set[UUID], tell_owners: bool) -> None:
    by_person: dict[Any, list[Passkey]] = {}
    for passkey in Passkey.objects.on_primary().filter(user__in=people).select_related("user").order_by("pk"):
        if passkey.pk in keys:
            by_person.setdefault(passkey.user_id, []).append(passkey)
    for passkeys in by_person.values():
        passkeys_adopted.send(sender=Passkey, user=passkeys[0].user, passkeys=passkeys, tell_owner=tell_owners)
