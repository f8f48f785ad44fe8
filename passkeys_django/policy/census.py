"""Counts of all people under the policy: what they have, and who could not get in any more."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import QuerySet

from ..models import user_name
from .account import Account, read_accounts
from .due import has_what_is_required
from .entries import NO_POLICY, REFUSED, Entry, entries, policy_of
from .people import active, has_code
from .strength import is_bound

NAMES = 20
_CHUNK = 2_000


@dataclass(kw_only=True)
class Tally:
    """The people for whom one entry holds.

    The figures are those from the entry's date on, also if the date is still to come. `locked_out` is how many
    could not get in, and `names` are some of their names. `bound` is how many people PASSKEY_CONFIRM_METHOD =
    "strongest" asks for more than a password.
    """

    entry: Entry
    people: int = 0
    equipped: int = 0
    locked_out: int = 0
    bound: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, user: AbstractBaseUser, account: Account, *, has_way_in: bool) -> None:
        self.people += 1
        self.equipped += has_what_is_required(self.entry.begun, account)
        self.bound += is_bound(account, self.entry)
        if not has_way_in:
            self.locked_out += 1
            if len(self.names) < NAMES:
                self.names.append(user_name(user))


def take_census(*, passwords: bool) -> list[Tally]:
    """A tally for each entry, in one SQL statement beside those of the site's own function.

    Inactive people are left out. `passwords`: does any backend of the site take passwords? Raises
    ImproperlyConfigured.
    """
    known = entries()
    listed = [] if known is None else list(dict.fromkeys([*known, NO_POLICY]))
    tallies = {entry: Tally(entry=entry) for entry in listed}
    for user, account, has_a_code in _accounts(active_users()):
        entry = policy_of(user, account)
        if known is None:
            entry = entry.begun  # a function may name another date for everybody
        tally = tallies.setdefault(entry, Tally(entry=entry))
        tally.add(user, account, has_way_in=has_a_code or _has_way_in(user, account, entry, passwords=passwords))
    return list(tallies.values())


def _has_way_in(user: Any, account: Account, entry: Entry, *, passwords: bool) -> bool:
    """By passkey or password, from the entry's date on. `people.could_not_get_in` says the same in SQL."""
    if entry.password == REFUSED:
        return account.has_certain_passkey
    has_password = passwords and not user.password.startswith(UNUSABLE_PASSWORD_PREFIX)
    return has_password or account.has_passkey


def somebody_gets_in(users: QuerySet[Any], *, passwords: bool) -> bool:
    """Can any of these users sign in, from the date of their entry on? Raises ImproperlyConfigured."""
    return any(
        has_a_code or _has_way_in(user, account, policy_of(user, account), passwords=passwords)
        for user, account, has_a_code in _accounts(users)
    )


def active_users() -> QuerySet[Any]:
    """Everybody who has not been deactivated."""
    return active(get_user_model()._base_manager.order_by("pk"))


def _accounts(users: QuerySet[Any]) -> Iterator[tuple[AbstractBaseUser, Account, bool]]:
    """The users, with what is known of their accounts. Only a chunk of them is in memory."""
    for account, facts in read_accounts(users, chunk_size=_CHUNK, code=has_code()):
        yield account.user, account, facts["code"]
