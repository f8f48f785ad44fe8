"""Who could not sign in any more."""

from collections.abc import Set
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import router

from ..models import Passkey
from ..ways_in import has_other_way_in
from .batches import in_batches


def is_only_way_in(passkey: Passkey) -> bool:
    """Could its user not sign in any more without this passkey?"""
    if has_other_way_in(passkey.user):
        return False
    return not Passkey.objects.of(passkey.user).exclude(pk=passkey.pk).exists()


def users_locked_out(doomed: Set[UUID]) -> int:
    """How many users have no other way in, and no passkeys but these."""
    return sum(_locked_out(users, doomed) for users in in_batches(_owners(doomed)))


def _owners(doomed: Set[UUID]) -> set[Any]:
    """Primary keys of the users whose passkeys these are."""
    owners: set[Any] = set()
    for batch in in_batches(doomed):
        owners.update(_passkeys().filter(pk__in=batch).order_by().values_list("user_id", flat=True))
    return owners


def _locked_out(users: list[Any], doomed: Set[UUID]) -> int:
    passkeys = _passkeys().filter(user_id__in=users).order_by().values_list("user_id", "pk")
    keep_one = {user for user, passkey in passkeys if passkey not in doomed}
    lose_all = (
        get_user_model()._base_manager.using(router.db_for_write(Passkey)).filter(pk__in={*users} - keep_one)
    )
    return sum(not has_other_way_in(user) for user in lose_all)


def _passkeys() -> Any:
    return Passkey.objects.written()
