"""Removing passkeys, here and at their providers, when their owner or staff asks for it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.db import router, transaction
from django.http import HttpRequest

from ..exceptions import LastPasskey
from ..models import Passkey, RemovedPasskey, Tombstone, UserHandle
from ..receivers.events import record_removals
from ..signals import passkey_removed
from .copies import delete_copies, delete_copy
from .lockout import is_only_way_in
from .probation import require_removable


def remove(passkey: Passkey, *, request: HttpRequest | None = None) -> None:
    """Remove a passkey for its owner, here and at its provider.

    Raises LastPasskey if its user could not sign in any more, RecoveredRecently if the owner's session is on
    probation, and Passkey.DoesNotExist if another request has removed the passkey already.
    """
    require_removable(request, passkey)
    while not _try_to_delete(passkey, request):
        pass  # another registration or removal of this user was faster: read and check again
    delete_copy(passkey)
    _announce(passkey, request)


def _try_to_delete(passkey: Passkey, request: HttpRequest | None) -> bool:
    """Delete the row. If another registration or removal of this user was faster, return False instead.

    The transaction begins with the compare-and-set, so that of two parallel removals, one sees the other. Raises
    LastPasskey, and Passkey.DoesNotExist.
    """
    user = passkey.user
    handle = UserHandle.objects.for_user(user)
    with transaction.atomic(using=router.db_for_write(Passkey)):
        if not UserHandle.objects.compare_and_set(handle):
            return False
        if is_only_way_in(passkey):
            raise LastPasskey("the passkey is its user's only way to sign in")
        if not _delete(passkey, request):
            raise Passkey.DoesNotExist
    return True


def _delete(passkey: Passkey, request: HttpRequest | None) -> bool:
    """Delete the row and write the history. Was the row still there?"""
    with transaction.atomic(using=router.db_for_write(Passkey), savepoint=False):
        if not Passkey.objects.of(passkey.user).filter(pk=passkey.pk).delete()[0]:
            return False
        record_removals([passkey], request)
    return True


@dataclass(kw_only=True)
class Revocation:
    """How many passkeys `revoke` removed here, and how many copies are left, by the provider's identity."""

    count: int = 0
    copies_left: Counter[str] = field(default_factory=Counter)


def revoke(passkeys: Iterable[Passkey], *, request: HttpRequest | None = None) -> Revocation:
    """Remove passkeys for staff, here and at their providers: passkeys of any users, even their last ones."""
    revoked = [passkey for passkey in list(passkeys) if revoke_here(passkey, request=request)]
    return Revocation(count=len(revoked), copies_left=delete_copies(revoked))


def revoke_here(passkey: Passkey, *, request: HttpRequest | None = None) -> bool:
    """Like `revoke`, but leave the provider's copy to a later sync, by its `RemovedPasskey`.

    If the row is gone already, return False and send no signal.
    """
    if not _delete(passkey, request):
        return False
    _announce(passkey, request)
    return True


def _announce(passkey: Passkey, request: HttpRequest | None) -> None:
    passkey_removed.send(sender=Passkey, request=request, user=passkey.user, passkey=passkey, tell_owner=True)


_together: ContextVar[list[Passkey] | None] = ContextVar("passkeys_removed_together", default=None)


@contextmanager
def remembered_together() -> Iterator[None]:
    """Remember all removals of this block at its end, in two statements. The block is in a transaction."""
    removed: list[Passkey] = []
    token = _together.set(removed)
    try:
        yield
    finally:
        _together.reset(token)
    _remember(removed)


def remember_removal(instance: Passkey, **_kwargs: Any) -> None:
    """Receiver of `post_delete`, which is sent for cascades and bulk deletes too: these never call `delete()`."""
    together = _together.get()
    if together is None:
        _remember([instance])
    else:
        together.append(instance)


def _remember(removed: list[Passkey]) -> None:
    Tombstone.objects.put_up_all((passkey.rp_id, passkey.credential_id) for passkey in removed)
    RemovedPasskey.objects.remember_all(removed)
