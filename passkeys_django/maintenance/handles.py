"""Brings along the user handles of accounts that another site of ours exported."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ..imports import Account
from ..models import UserHandle


class KnownHandles:
    """The owners of the user handles that a batch of accounts needs to know.

    `accounts`: by the primary key of the user here.
    """

    def __init__(self, accounts: Iterable[tuple[Any, Account]]) -> None:
        self._owners: dict[str, Any] = {}
        wanted = list(accounts)
        if wanted:
            self._find(user__in={key for key, _account in wanted})
            self._find(handle__in={account.handle for _key, account in wanted})
        self._people = set(self._owners.values())

    def _find(self, **condition: Any) -> None:
        """Each condition is a query of its own: joined by OR, they would be slow in SQLite."""
        rows = UserHandle.objects.on_primary().filter(**condition).order_by()
        self._owners.update(rows.values_list("handle", "user_id"))

    def is_of_another(self, account: Account, key: Any) -> bool:
        """Does this handle mean another user here?"""
        return bool(self._owners.get(account.handle, key) != key)

    def new(self, account: Account, key: Any) -> UserHandle | None:
        """The row to store; None if the user has a row. Asked a second time, it knows of the first row."""
        if key in self._people:
            return None
        self._owners[account.handle] = key
        self._people.add(key)
        return UserHandle(user_id=key, **asdict(account))
