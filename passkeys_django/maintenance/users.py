"""Finds a site's users by the user ids under which a provider knows them."""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist, ValidationError
from django.db import router
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.module_loading import import_string

from ..lifecycle.batches import in_batches
from ..models import Passkey, UserHandle
from ..protocol.descriptors import handle_spellings
from ..protocol.unicode_text import has_lone_surrogates

Users = list[AbstractBaseUser]
FindKeys = Callable[[set[Any]], dict[Any, Any]]
"""Finds the users of another package's user keys: gives the primary key here for each user key that is known."""
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class UserFinder(ABC):
    """Finds the users of many user ids at once. Can also be called like a function, with one user id."""

    def __call__(self, user_id: str) -> Users:
        return self.find([user_id])[user_id]

    def find(self, user_ids: Iterable[str]) -> dict[str, Users]:
        """For each user id, all users that it may mean. Makes one query."""
        found: dict[str, Users] = {user_id: [] for user_id in user_ids}
        storable = [user_id for user_id in found if _is_storable(user_id)]
        if storable:
            self._fill(found, storable)
        return found

    @abstractmethod
    def _fill(self, found: dict[str, Users], user_ids: list[str]) -> None:
        """Add the users of these user ids to `found`. Any database can compare these ids."""


class ByPrimaryKey(UserFinder):
    """The tenant's user id is the user's primary key.

    A number must be written in the usual way: "007" and "1_0" match nobody. A UUID may be written in any way.
    """

    def _fill(self, found: dict[str, Users], user_ids: list[str]) -> None:
        _fill_by(get_user_model()._meta.pk, found, user_ids)


class ByUsername(UserFinder):
    """The tenant's user id is the user's name: exactly the value of the model's USERNAME_FIELD."""

    def _fill(self, found: dict[str, Users], user_ids: list[str]) -> None:
        _fill_by(get_user_model()._meta.get_field(get_user_model().USERNAME_FIELD), found, user_ids)


class ByEmail(UserFinder):
    """The tenant's user id is the user's e-mail address. Only A to Z match in either case.

    All other letters must match exactly. Databases and Python turn the Kelvin sign, for example, into a small k,
    so that one address could stand for another (as in CVE-2019-19844).
    """

    def _fill(self, found: dict[str, Users], user_ids: list[str]) -> None:
        field = get_user_model().get_email_field_name()
        lowered = {small for user_id in user_ids for small in (user_id.lower(), user_id.translate(_ASCII_LOWER))}
        matching = Q(_passkeys_email__in=lowered) | Q(**{f"{field}__in": user_ids})
        users: dict[str, Users] = {}
        for user in _users().alias(_passkeys_email=Lower(field)).filter(matching):
            users.setdefault(getattr(user, field).translate(_ASCII_LOWER), []).append(user)
        for user_id in user_ids:
            found[user_id] += users.get(user_id.translate(_ASCII_LOWER), [])


class ByHandle(UserFinder):
    """The user id is the user's handle at this provider, for certain: see `People.users`."""

    def __init__(self, provider: str) -> None:
        self._provider = provider

    def _fill(self, found: dict[str, Users], user_ids: list[str]) -> None:
        people = people_known_as(set(user_ids), provider=self._provider)
        for user_id, user in people.users.items():
            found[user_id].append(user)


_FINDERS: dict[str, type[UserFinder]] = {"pk": ByPrimaryKey, "username": ByUsername, "email": ByEmail}


def user_finder(name: str) -> Callable[[str], Users]:
    """The finder for `pk`, `username`, `email`, or the dotted path of a site's own function.

    This function gets a user id, and returns its user, None, or several users (a list or queryset). Raises
    ImproperlyConfigured.
    """
    if name in _FINDERS:
        return _FINDERS[name]()
    try:
        function = import_string(name)
    except ImportError as exc:
        raise ImproperlyConfigured(f"{name!r} is not pk, username or email, and cannot be imported.") from exc
    if not callable(function):
        raise ImproperlyConfigured(f"{name!r} is not a function.")
    return lambda user_id: _at_most_two(function, user_id)


def _at_most_two(function: Callable[[str], Any], user_id: str) -> Users:
    """The users that the function finds, two at most: two users are already too many to decide."""
    try:
        found = function(user_id)
    except ObjectDoesNotExist:  # many functions call `User.objects.get()`
        return []
    if found is None or isinstance(found, Model):
        found = [found] if found is not None else []
    return list(found[:2])


@dataclass(frozen=True, kw_only=True)
class People:
    """Which of a provider's user ids belong to users here."""

    known: set[str]
    """User ids under which this site knows somebody: as a `UserHandle`, or as the handle of any passkey."""
    users: dict[str, AbstractBaseUser]
    """Users by user id, if certain: they have it as `UserHandle`, or as handle of a passkey of this provider."""


def people_known_as(user_ids: set[str], *, provider: str) -> People:
    """Find the users here of these user ids at a provider. `provider`: its identity.

    A passkey that this provider does not hold makes its user handle known, but not certain: at this provider, a
    user id such as "42" may mean another person.
    """
    users = _by_user_handle(user_ids)
    holders = _holders(user_ids - users.keys(), provider)
    keys = {user_id: keys.pop() for user_id, keys in holders.items() if len(keys) == 1}
    for batch in in_batches(keys.items()):
        found = get_user_model()._base_manager.using(router.db_for_write(Passkey)).in_bulk(dict(batch).values())
        users.update({user_id: found[key] for user_id, key in batch if key in found})
    return People(known=users.keys() | holders.keys(), users=users)


def _by_user_handle(user_ids: set[str]) -> dict[str, AbstractBaseUser]:
    handles = UserHandle.objects.on_primary().select_related("user")
    users: dict[str, AbstractBaseUser] = {}
    # Handles are printable. A tenant may use other text, and some databases refuse to compare that.
    for batch in in_batches(filter(str.isprintable, user_ids)):
        found = {handle.handle: handle.user for handle in handles.filter(handle__in=batch)}
        users.update({user_id: found[user_id] for user_id in batch if user_id in found})  # exactly, as in _fill_by
    return users


def _holders(user_ids: set[str], provider: str) -> dict[str, set[Any]]:
    """By user id, the users that have it as handle of a passkey of this provider.

    Nobody, if only passkeys of other providers have this handle.
    """
    spelled = {
        spelling: user_id
        for user_id in user_ids
        for spelling in handle_spellings(user_id.encode(errors="surrogatepass"))
    }
    holders: dict[str, set[Any]] = {}
    rows = Passkey.objects.on_primary().order_by().values_list("user_handle", "user_id", "provider")
    for batch in in_batches(spelled):
        for handle, user, holder in rows.filter(user_handle__in=batch):
            holders.setdefault(spelled[bytes(handle)], set()).update({user} if holder == provider else ())
    return holders


def same_keys(keys: set[Any]) -> dict[Any, Any]:
    """A `FindKeys` for user keys that are primary keys here."""
    return {key: key for key in _users().filter(pk__in=keys).values_list("pk", flat=True)}


def keys_found_by(name: str) -> FindKeys:
    """A `FindKeys` for user keys that are `pk`, `username` or `email` here. A key must mean exactly one user."""
    finder = _FINDERS[name]()

    def find(keys: set[Any]) -> dict[Any, Any]:
        found = finder.find(filter(None, keys))
        return {key: users[0].pk for key, users in found.items() if len(users) == 1}

    return find


def _users() -> "QuerySet[Any]":
    return get_user_model()._default_manager.all()


def _fill_by(field: Any, found: dict[str, Users], user_ids: list[str]) -> None:
    """Add the users whose field has these values."""
    values = {user_id: value for user_id in user_ids if (value := _value(field, user_id)) is not None}
    users: defaultdict[Any, Users] = defaultdict(list)
    for user in _users().filter(**{f"{field.attname}__in": list(values.values())}):
        users[getattr(user, field.attname)].append(user)
    for user_id, value in values.items():
        found[user_id] += users[value]  # exactly: some databases compare less strictly


def _value(field: Any, text: str) -> Any:
    """The value that this text means in the field; None for garbage, or a number that no column can hold."""
    while field.is_relation:  # a foreign key, or a user model that inherits from another table
        field = field.target_field
    try:
        value = field.to_python(text)
        if not isinstance(value, str):  # validators of text are meant for new names only
            field.run_validators(value)
    except ValidationError:
        return None
    return value if isinstance(value, UUID) or str(value) == text else None


def _is_storable(text: str) -> bool:
    """Is the text free of U+0000 and lone surrogates? Databases raise errors for both."""
    return "\x00" not in text and not has_lone_surrogates(text)
