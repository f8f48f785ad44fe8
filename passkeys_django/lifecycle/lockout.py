"""Would users be locked out if their passkeys were removed?"""

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import router

from ..models import Passkey, PasskeyQuerySet, RecoveryCode
from ..policy import accounts_of
from .batches import in_batches
from .ways_in import can_recover, has_other_way_in, recovers_by_email, signs_in_otherwise


def is_only_way_in(passkey: Passkey) -> bool:
    """Would the passkey's user be locked out without this passkey?"""
    return not has_other_way_in(passkey.user) and _is_last(passkey)


def leaves_only_recovery(passkey: Passkey) -> bool:
    """Without this passkey, would a recovery code or an e-mail be the user's only way in?"""
    return not signs_in_otherwise(passkey.user) and can_recover(passkey.user) and _is_last(passkey)


def _is_last(passkey: Passkey) -> bool:
    return _counting(Passkey.objects.of(passkey.user)).get(passkey.user_id) == {passkey.pk}


def users_locked_out(doomed: Set[UUID]) -> int:
    """How many users could not sign in any more if these passkeys were removed."""
    return sum(1 for _user in find_locked_out(doomed))


def find_locked_out(doomed: Set[UUID]) -> Iterator[Any]:
    """The users who could not sign in any more if these passkeys were removed."""
    for users in in_batches(_owners(doomed)):
        yield from _locked_out(users, doomed)


def last_ways_in(doomed: Sequence[Passkey]) -> set[UUID]:
    """The passkeys that must stay if all of these are removed in this order, so that nobody is locked out.

    These are the primary keys of one passkey for each user who would be locked out: of those that count, the last.
    """
    keys = {passkey.pk for passkey in doomed}
    counting = _counting(_passkeys().filter(user_id__in={passkey.user_id for passkey in doomed}))
    last = {each.user_id: each.pk for each in doomed if each.pk in counting.get(each.user_id, ())}
    return {last[person.pk] for person in _without_way_in(counting, keys)}


def _counting(passkeys: PasskeyQuerySet) -> dict[Any, set[UUID]]:
    """By user, the primary keys of the passkeys that count as ways to sign in.

    These are the user's usable passkeys. If the user has none, the accepted passkeys count, and at last all of the
    user's passkeys, because they may become usable again. A security key never counts: it needs the password.
    """
    alone = passkeys.passkeys()
    best: dict[Any, set[UUID]] = {}
    for rows in (alone.usable(), alone.accepted(), alone):
        found = defaultdict(set)
        for user, passkey in rows.order_by().values_list("user_id", "pk"):
            found[user].add(passkey)
        best = found | best
    return best


def _owners(doomed: Set[UUID]) -> set[Any]:
    """The primary keys of the users who have these passkeys."""
    owners: set[Any] = set()
    for batch in in_batches(doomed):
        owners.update(_passkeys().filter(pk__in=batch).order_by().values_list("user_id", flat=True))
    return owners


def _locked_out(users: list[Any], doomed: Set[UUID]) -> Iterator[Any]:
    return _without_way_in(_counting(_passkeys().filter(user_id__in=users)), doomed)


def _without_way_in(counting: dict[Any, set[UUID]], doomed: Set[UUID]) -> Iterator[Any]:
    """The users who lose all the passkeys that count, and have no other way in."""
    lose_all = [user for user, passkeys in counting.items() if passkeys <= doomed]
    people = get_user_model()._base_manager.using(router.db_for_write(Passkey)).filter(pk__in=lose_all)
    with_codes = set(RecoveryCode.objects.left(lose_all).values_list("user_id", flat=True))
    return (
        account.user
        for account in accounts_of(people)
        if not (account.user.pk in with_codes or recovers_by_email(account.user))
        and not signs_in_otherwise(account.user, account)
    )


def _passkeys() -> PasskeyQuerySet:
    return Passkey.objects.on_primary()
