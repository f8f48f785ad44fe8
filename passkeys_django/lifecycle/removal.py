"""Removing passkeys, here and at their providers, when their owner or staff asks for it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import router, transaction
from django.http import HttpRequest

from ..exceptions import LastPasskey
from ..models import Passkey, RemovedPasskey, Tombstone, UserHandle
from ..signals import passkey_removed
from .copies import delete_copy
from .lockout import is_only_way_in
from .probation import require_removable


def remove(passkey: Passkey, *, request: HttpRequest | None = None) -> None:
    """Remove a passkey for its owner, here and at its provider.

    Raises LastPasskey if its user could not sign in any more, RecoveredRecently if the owner's session is on
    probation, and Passkey.DoesNotExist if another request has removed the passkey already.
    """
    require_removable(request, passkey)
    _delete_unless_last(passkey)
    delete_copy(passkey)
    _announce(passkey, request)


def _delete_unless_last(passkey: Passkey, **as_read: Any) -> None:
    """Delete only the row, by the rules of `remove`, and only if the fields in `as_read` still have these values.

    Raises LastPasskey, and Passkey.DoesNotExist if the row is gone or has other values.
    """
    while not _try_to_delete(passkey, as_read):
        pass  # another registration or removal of this user was faster: read and check again


def _try_to_delete(passkey: Passkey, as_read: Mapping[str, Any]) -> bool:
    """Delete the row. If another registration or removal of this user was faster, return False instead.

    The transaction begins with the compare-and-set, so that of two parallel removals, one sees the other.
    """
    user = passkey.user
    handle = UserHandle.objects.for_user(user)
    with transaction.atomic(using=router.db_for_write(Passkey)):
        if not UserHandle.objects.compare_and_set(handle):
            return False
        if is_only_way_in(passkey):
            raise LastPasskey("the passkey is its user's only way to sign in")
        if not Passkey.objects.of(user).filter(pk=passkey.pk, **as_read).delete()[0]:
            raise Passkey.DoesNotExist
    return True


@dataclass(kw_only=True)
class Revocation:
    """How many passkeys `revoke` removed here, and how many copies are left, by the provider's identity."""

    count: int = 0
    copies_left: Counter[str] = field(default_factory=Counter)


def revoke(passkeys: Iterable[Passkey], *, request: HttpRequest | None = None) -> Revocation:
    """Remove passkeys for staff, here and at their providers: passkeys of any users, even their last ones."""
    done = Revocation()
    for passkey in list(passkeys):
        if not revoke_here(passkey, request=request):
            continue
        done.count += 1
        if not delete_copy(passkey) and passkey.provider:
            done.copies_left[passkey.provider] += 1
    return done


def revoke_here(passkey: Passkey, *, request: HttpRequest | None = None) -> bool:
    """Like `revoke`, but leave the provider's copy to a later sync, by its `RemovedPasskey`.

    If the row is gone already, return False and send no signal.
    """
    if not Passkey.objects.of(passkey.user).filter(pk=passkey.pk).delete()[0]:
        return False
    _announce(passkey, request)
    return True


def prune(passkey: Passkey) -> None:
    """Remove a passkey that nobody uses. Leave the provider's copy to a later sync, by its `RemovedPasskey`.

    Raises LastPasskey, and Passkey.DoesNotExist if somebody has used or removed the passkey since it was read.
    """
    _delete_unless_last(passkey, use_count=passkey.use_count)
    _announce(passkey)


def _announce(passkey: Passkey, request: HttpRequest | None = None) -> None:
    passkey_removed.send(sender=Passkey, request=request, user=passkey.user, passkey=passkey)


def remember_removal(instance: Passkey, **_kwargs: Any) -> None:
    """Receiver of `post_delete`, which is sent for cascades and bulk deletes too: these never call `delete()`."""
    Tombstone.objects.put_up(rp_id=instance.rp_id, credential_id=instance.credential_id)
    if instance.provider:
        RemovedPasskey.objects.remember(provider=instance.provider, **instance.at_provider)
