"""Which users lack what: without a passkey, without the passkey that the policy requires, without any way in.

Each function takes a queryset of users and returns a smaller one. A policy in the settings becomes SQL. If the
policy is a function, or decides by something that is no field, the users are read in batches.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from ..conf import passkey_settings
from ..models import RecoveryCode
from .account import expressions, is_member
from .entries import EVERYBODY, GROUP, NO_POLICY, REFUSED, REQUIRED, STAFF, SUPERUSERS, Entry, entries, policy_of

BATCH_SIZE = 500
_FLAGS = {SUPERUSERS: "is_superuser", STAFF: "is_staff"}
_NOBODY, _ANYBODY = Q(pk__in=[]), ~Q(pk__in=[])
Users = QuerySet[Any]
Lacking = Callable[[Entry], Q]


def without_passkey(users: Users) -> Users:
    """The users who have no usable passkey. A security key alone is none."""
    return _with_facts(users).filter(_has_passkey=False)


def required_not_yet(users: Users) -> Users:
    """The active users who have no passkey yet, but must have one under the policy, now or from a later date."""
    return _where(active(users), _lacks_what_is_required)


def could_not_get_in(users: Users, *, passwords: bool = True) -> Users:
    """The active users who have no way in that this app knows: passkey, password or recovery code.

    `passwords`: does any backend of the site take passwords? Other ways, such as single sign-on, are not counted:
    `lifecycle.ways_in` knows them.
    """
    return _where(active(users), _lacks_a_way_in if passwords else _lacks_a_way_without_passwords)


def by_entry(users: Users) -> list[tuple[Entry, Users]] | None:
    """The users for whom each entry of the policy holds. None if this cannot be said in SQL."""
    conditions = _conditions(users)
    return None if conditions is None else [(entry, users.filter(condition)) for entry, condition in conditions]


def due_by_entry(users: Users) -> list[tuple[Entry, Users, Users]] | None:
    """For each entry that requires a passkey: for whom it holds, and who of them has none yet.

    None if the policy cannot be said in SQL: then only `census.py`, which reads every user, can tell.
    """
    known = by_entry(users)
    if known is None:
        return None
    return [
        (entry, found, _with_facts(found).filter(_lacks_what_is_required(entry)))
        for entry, found in known
        if entry.passkey == REQUIRED
    ]


def _lacks_what_is_required(entry: Entry) -> Q:
    """A security key is enough where it is asked for after the password, as in `due.py`."""
    if entry.passkey != REQUIRED:
        return _NOBODY
    if entry.password == REFUSED:
        return Q(_has_certain=False)
    return Q(_has_passkey=False, _has_key=False) if entry.asks_second_step else Q(_has_passkey=False)


def _lacks_a_way_in(entry: Entry) -> Q:
    if entry.refuses_passwords:
        return Q(_has_certain=False, _has_code=False)
    return Q(_has_passkey=False, _has_code=False, password__startswith=UNUSABLE_PASSWORD_PREFIX)


def _lacks_a_way_without_passwords(entry: Entry) -> Q:
    return Q(_has_passkey=False, _has_code=False)


def _where(users: Users, lacking: Lacking) -> Users:
    conditions = _conditions(users)
    if conditions is None:
        return users.filter(pk__in=[key for batch in _batches(users) for key in _one_by_one(batch, lacking)])
    chosen = _NOBODY
    for entry, condition in conditions:
        chosen |= condition & lacking(entry)
    return _with_facts(users).filter(chosen)


def _with_facts(users: Users) -> Users:
    """The users with the facts of their accounts, for filters only."""
    facts = {f"_has_{name}": fact for name, fact in expressions(users, ()).items()}
    with_facts: Users = users.alias(**facts, _has_code=has_code())
    return with_facts


def has_code() -> Exists:
    """Has the user a recovery code that works now?"""
    codes = RecoveryCode.objects.working().filter(user=OuterRef("pk"))
    return Exists(codes if passkey_settings.recovery_codes else codes.none())


def active(users: Users) -> Users:
    """Those of the users who have not been deactivated; all of them, if the model has no field for that."""
    return users.filter(is_active=True) if _has_field(users.model, "is_active") else users


def _has_field(model: type[Model], name: str) -> bool:
    """Is it a field? AbstractBaseUser has the attribute `is_active` without a column."""
    return any(field.name == name for field in model._meta.get_fields())


def _conditions(users: Users) -> list[tuple[Entry, Q]] | None:
    """Each entry, and for whom it holds: whom it fits, and no entry before it. None if SQL cannot say this."""
    policy = entries()
    if policy is None or not all(_is_in_sql(users.model, entry.name) for entry in policy):
        return None
    conditions, rest = [], _ANYBODY
    for entry in (*policy, NO_POLICY):
        fits = _fits(users, entry.name)
        conditions.append((entry, rest & fits))
        rest &= ~fits
    return conditions


def _is_in_sql(model: type[Model], name: str) -> bool:
    """An attribute that is no field must be asked of each user. Without the attribute, the entry fits nobody."""
    flag = _FLAGS.get(name)
    return flag is None or _has_field(model, flag) or not hasattr(model, flag)


def _fits(users: Users, name: str) -> Q:
    if name == EVERYBODY:
        return _ANYBODY
    if name.startswith(GROUP):
        return Q(is_member(users, name.removeprefix(GROUP)))
    return Q(**{_FLAGS[name]: True}) if _has_field(users.model, _FLAGS[name]) else _NOBODY


def _batches(users: Users) -> Iterator[list[Any]]:
    rows = users.order_by("pk").iterator(chunk_size=BATCH_SIZE)
    while batch := list(islice(rows, BATCH_SIZE)):
        yield batch


def _one_by_one(batch: list[Any], lacking: Lacking) -> Iterator[Any]:
    """The primary keys of those in this batch who lack something. The policy is asked once for each user."""
    keys: dict[Entry, list[Any]] = defaultdict(list)
    for user in batch:
        keys[policy_of(user)].append(user.pk)
    model = type(batch[0])
    for entry, found in keys.items():
        users = model._base_manager.using(batch[0]._state.db).filter(pk__in=found)
        yield from _with_facts(users).filter(lacking(entry)).values_list("pk", flat=True)
