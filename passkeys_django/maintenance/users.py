"""Whose is this user id? Ways to find a site's users by the ids that a provider knows them under."""

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

Users = list[AbstractBaseUser]
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class UserFinder(ABC):
    """Finds the users of many ids at once. Called with one id it gives that one's users, as a function would."""

    def __call__(self, user_id: str) -> Users:
        return self.find([user_id])[user_id]

    def find(self, user_ids: Iterable[str]) -> dict[str, Users]:
        """By user id, all users whom it may mean; one query."""
        found: dict[str, Users] = {user_id: [] for user_id in user_ids}
        storable = [user_id for user_id in found if _is_storable(user_id)]
        if storable:
            self._fill(found, storable)
        return found

    @abstractmethod
    def _fill(self, found: dict[str, Users], user_ids: list[str]) -> None:
        """Add the users of these ids, which any database can compare."""


class ByPrimaryKey(UserFinder):
    """The tenant's user id is the user's primary key. Only its usual text counts: "007" or "1_0" is nobody's id,
    but a UUID may be written in any way."""

    def _fill(self, found: dict[str, Users], user_ids: list[str]) -> None:
        _fill_by(get_user_model()._meta.pk, found, user_ids)


class ByUsername(UserFinder):
    """The tenant's user id is the user's name, whatever field holds it, to the letter."""

    def _fill(self, found: dict[str, Users], user_ids: list[str]) -> None:
        _fill_by(get_user_model()._meta.get_field(get_user_model().USERNAME_FIELD), found, user_ids)


class ByEmail(UserFinder):
    """The tenant's user id is the user's e-mail address; A to Z may be written small.

    Other letters must match exactly: what databases and Python make of the Kelvin sign in small letters would let
    one address stand for another (as in CVE-2019-19844).
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


def user_finder(name: str) -> Callable[[str], Users]:
    """`pk`, `username`, `email`, or the dotted path of a function that is given a user id and returns its user,
    None, or several users (a list or queryset). Raises ImproperlyConfigured."""
    finders: dict[str, type[UserFinder]] = {"pk": ByPrimaryKey, "username": ByUsername, "email": ByEmail}
    if name in finders:
        return finders[name]()
    try:
        function = import_string(name)
    except ImportError as exc:
        raise ImproperlyConfigured(f"{name!r} is neither pk, username or email nor can it be imported.") from exc
    if not callable(function):
        raise ImproperlyConfigured(f"{name!r} is no function.")
    return lambda user_id: _at_most_two(function, user_id)


def _at_most_two(function: Callable[[str], Any], user_id: str) -> Users:
    """More than one is one too many; the rest need not be read."""
    try:
        found = function(user_id)
    except ObjectDoesNotExist:  # `User.objects.get()` is the natural thing to write
        return []
    if found is None or isinstance(found, Model):
        found = [found] if found is not None else []
    return list(found[:2])


@dataclass(frozen=True, kw_only=True)
class People:
    """Who of a provider's users is somebody here."""

    known: set[str]
    """User ids under which this site knows somebody: as a `UserHandle`, or as the handle of any passkey."""
    users: dict[str, AbstractBaseUser]
    """By user id, those of whom it is certain: a `UserHandle` is theirs, or a passkey that this provider holds."""


def people_known_as(user_ids: set[str], *, provider: str) -> People:
    """Who the users of these ids at a provider, given by its identity, are here.

    A passkey that another provider or nobody else holds makes its handle known, but not certain: handles such as
    "42" may mean another person there.
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
    # Handles are printable; what else a tenant may use, some databases cannot even be asked for.
    for batch in in_batches(filter(str.isprintable, user_ids)):
        users.update({handle.handle: handle.user for handle in handles.filter(handle__in=batch)})
    return users


def _holders(user_ids: set[str], provider: str) -> dict[str, set[Any]]:
    """By user id, the users whose passkeys of this provider have that handle; nobody, if only others' have it."""
    spelled = {
        spelling: user_id
        for user_id in user_ids
        for spelling in handle_spellings(user_id.encode(errors="surrogatepass"))
    }
    holders: dict[str, set[Any]] = {}
    if not spelled:
        return holders
    rows = Passkey.objects.on_primary().order_by().values_list("user_handle", "user_id", "provider")
    for handle, user, holder in rows.iterator():  # not every database can be asked for binary values
        if (user_id := spelled.get(bytes(handle))) is not None:
            holders.setdefault(user_id, set()).update({user} if holder == provider else ())
    return holders


def existing_keys(keys: Iterable[Any]) -> set[Any]:
    """Those of the primary keys that a user has."""
    return set(_users().filter(pk__in=keys).values_list("pk", flat=True))


def _users() -> "QuerySet[Any]":
    return get_user_model()._default_manager.all()


def _fill_by(field: Any, found: dict[str, Users], user_ids: list[str]) -> None:
    """Add the users whose field has these values."""
    values = {user_id: value for user_id in user_ids if (value := _value(field, user_id)) is not None}
    users: defaultdict[Any, Users] = defaultdict(list)
    for user in _users().filter(**{f"{field.attname}__in": list(values.values())}):
        users[getattr(user, field.attname)].append(user)
    for user_id, value in values.items():
        found[user_id] += users[value]  # to the letter: some databases compare less strictly


def _value(field: Any, text: str) -> Any:
    """What this text means in that field, None for garbage or numbers that no column holds."""
    while field.is_relation:  # a foreign key, or a user model that inherits from another table
        field = field.target_field
    try:
        value = field.to_python(text)
        if not isinstance(value, str):  # what names may look like is for new ones
            field.run_validators(value)
    except ValidationError:
        return None
    return value if isinstance(value, UUID) or str(value) == text else None


def _is_storable(text: str) -> bool:
    """Without U+0000 and lone surrogates, of which databases make errors."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
