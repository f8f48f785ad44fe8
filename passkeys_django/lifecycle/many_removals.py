"""Removing many passkeys here: all that a single removal does, with a few statements for each batch.

The providers' copies are left to a later sync, by their `RemovedPasskey`. The caller runs `announce` afterwards,
and so knows what was removed also if that breaks off.
"""

import logging
from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.db import router
from django.db.models import Prefetch

from ..models import Lock, Passkey, PasskeyQuerySet, UserHandle
from ..receivers.events import record_removals
from ..signals import passkey_removed
from .lockout import last_ways_in
from .removal import remembered_together

logger = logging.getLogger("passkeys_django")
LOCK = "remove many passkeys"
"""One batch at a time: two that lock the same rows in another order would wait for each other."""


def revoke_many(passkeys: PasskeyQuerySet) -> list[Passkey]:
    """Remove these passkeys for staff, even people's last ones, and return those that were still there.

    Give at most a few hundred passkeys: their owners wait for the transaction.
    """
    with Lock.objects.held(LOCK):
        removed = _locked(passkeys)
        _delete(removed)
    return removed


def prune_many(passkeys: PasskeyQuerySet, *, owners: Collection[Any]) -> tuple[list[Passkey], list[Passkey]]:
    """Remove these passkeys as `revoke_many` does, but of these owners only, and not their last way to sign in.

    `passkeys` are read, and their owners' other ways to sign in are looked at, when nobody can change them any
    more. So a passkey that was used meanwhile is not touched. If several passkeys of an owner are to go and one
    must stay, the last one in the order of `passkeys` stays. Returns the passkeys that were removed, and those
    that stay.
    """
    with Lock.objects.held(LOCK):
        UserHandle.objects.hold(owners)
        found = _locked(passkeys.filter(user_id__in=owners))
        last = last_ways_in(found)
        removed = [passkey for passkey in found if passkey.pk not in last]
        _delete(removed)
    return removed, [passkey for passkey in found if passkey.pk in last]


def announce(passkeys: list[Passkey], *, tell_owners: bool = True) -> None:
    """Send `passkey_removed` for each passkey.

    If a receiver fails, the other owners are told before this raises. Ctrl-C ends it at once, and the log says how
    many passkeys are left whose owners were not told.
    """
    failure: Exception | None = None
    for number, passkey in enumerate(passkeys):
        try:
            passkey_removed.send(
                sender=Passkey, request=None, user=passkey.user, passkey=passkey, tell_owner=tell_owners
            )
        except Exception as exc:  # noqa: BLE001  # of a site's own receiver
            failure = failure or exc
        except KeyboardInterrupt:
            left = len(passkeys) - number
            logger.warning("Passkeys were removed, and the owners of at least %d of them were not told", left)
            raise
    if failure is not None:
        raise failure


def _locked(passkeys: PasskeyQuerySet) -> list[Passkey]:
    """The passkeys with their users, in this order. A login with one of them waits, and then finds it removed.

    Users are read by a statement of their own, because their rows must not be locked, and not from a replica.
    SQLite locks no rows: there, `Lock` has locked the database.
    """
    users = get_user_model()._base_manager.using(router.db_for_write(Passkey))
    return list(passkeys.select_for_update().prefetch_related(Prefetch("user", users)))


def _delete(passkeys: list[Passkey]) -> None:
    with remembered_together():
        Passkey.objects.on_primary().filter(pk__in=[passkey.pk for passkey in passkeys]).delete()
    record_removals(passkeys)
