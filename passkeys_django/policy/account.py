"""What the policy must know about one account: its groups, and what it can show after the password."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.http import HttpRequest

from ..models import Passkey

_NOTHING = dict.fromkeys(("passkey", "strong", "certain", "key"), False)
_ACCOUNTS = "_passkeys_accounts"
_ALIAS = "_fact_"
"""Before a number. The name of a group is no alias, since it may hold blanks. No user model has such a field."""


def account_of(user: AbstractBaseUser, request: HttpRequest | None = None) -> "Account":
    """The account. During one `request`, it is asked for by several of our parts, and its facts are read once."""
    if request is None:
        return Account(user)
    accounts: dict[Any, Account] = vars(request).setdefault(_ACCOUNTS, {})
    return accounts.setdefault(user.pk, Account(user))


class Account:
    """One user, whose facts are read in one SQL statement when the first of them is asked for."""

    def __init__(self, user: AbstractBaseUser, facts: dict[str, bool] | None = None) -> None:
        self.user = user
        if facts is not None:
            self._facts = facts

    @property
    def has_passkey(self) -> bool:
        """Is there a usable passkey? See `PasskeyQuerySet.usable`."""
        return self._facts["passkey"]

    @property
    def has_strong_passkey(self) -> bool:
        """Is there a passkey with which the user can confirm at strength 2?"""
        return self._facts["strong"]

    @property
    def has_certain_passkey(self) -> bool:
        """Is there a passkey that certainly signs in without a user name?"""
        return self._facts["certain"]

    @property
    def has_security_key(self) -> bool:
        return self._facts["key"]

    def read(self) -> None:
        """Read the facts now, if nothing has asked for them yet."""
        _ = self._facts

    def is_in_group(self, name: str) -> bool:
        return self._facts.get(f"group:{name}", False)

    @cached_property
    def _facts(self) -> dict[str, bool]:
        return _facts_of(pk=self.user.pk)


def accounts_of(users: QuerySet[Any]) -> list[Account]:
    """The accounts of these users, in one SQL statement. The facts are read with them only if a group decides."""
    from .entries import groups  # entries need an account to find the one that fits

    if not groups():
        return [Account(user) for user in users]
    return [account for account, _facts in read_accounts(users)]


def read_accounts(
    users: QuerySet[Any], *, chunk_size: int | None = None, **more: Any
) -> Iterator[tuple[Account, dict[str, bool]]]:
    """The accounts of these users with their facts by name, `more` among them, in one SQL statement.

    With a `chunk_size`, only so many of them are in memory.
    """
    from .entries import groups  # as above

    facts = expressions(users, groups()) | more
    names = {f"{_ALIAS}{number}": name for number, name in enumerate(facts)}
    rows = users.annotate(**{alias: facts[name] for alias, name in names.items()})
    for user in rows if chunk_size is None else rows.iterator(chunk_size=chunk_size):
        known = {name: bool(getattr(user, alias)) for alias, name in names.items()}
        yield Account(user, known), known


def read_nobodys_facts(name: object) -> None:
    """Run the statement that reads an account's facts, for a user name that nobody has."""
    _facts_of(**{get_user_model().USERNAME_FIELD: name})


def _facts_of(**lookup: object) -> dict[str, bool]:
    from .entries import groups  # as above

    rows = get_user_model()._base_manager.using(Passkey.objects.on_primary().db).filter(**lookup)
    facts = expressions(rows, groups())
    found = next(iter(rows.order_by().values_list(*facts.values())), None)
    return _NOTHING if found is None else dict(zip(facts, found, strict=True))


def expressions(users: QuerySet[Any], group_names: Iterable[str]) -> dict[str, Any]:
    """What a query of these users must select, so that it yields the facts of each, by name."""
    own = Passkey.objects.on_primary().filter(user=OuterRef("pk")).order_by()
    facts: dict[str, Any] = {
        "passkey": Exists(own.usable()),
        "strong": Exists(own.strong()),
        "certain": Exists(own.usable(certainly=True)),
        "key": Exists(own.accepted().security_keys()),
    }
    return {**facts, **{f"group:{name}": is_member(users, name) for name in group_names}}


def is_member(users: QuerySet[Any], name: str) -> Exists | Value:
    """Is the user in the group? Nobody is, if the user model has no groups."""
    try:
        field: Any = users.model._meta.get_field("groups")
    except FieldDoesNotExist:
        return Value(False)
    members = field.remote_field.through._default_manager.using(users.db)
    return Exists(members.filter(**{field.m2m_field_name(): OuterRef("pk"), "group__name": name}))
