"""The entries of PASSKEY_POLICY, read from the setting, and the entry that fits an account."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from ..conf import MadeOfSetting, function_at, passkey_settings
from .account import Account

OPTIONAL, REQUIRED = "optional", "required"
ALLOWED, SECOND_STEP, REFUSED = "allowed", "second-step", "refused"
SUPERUSERS, STAFF, EVERYBODY, GROUP = "superusers", "staff", "everybody", "group:"
_MEMBERS = {"passkey": (OPTIONAL, REQUIRED), "password": (ALLOWED, SECOND_STEP, REFUSED)}
logger = logging.getLogger("passkeys_django")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What holds for an account. `name` is the entry's key in the setting.

    `since` is the moment from which a passkey is required and passwords are refused; None means from now on. It
    does not put off the second step, which asks only people who have something to show.
    """

    name: str
    passkey: str = OPTIONAL
    password: str = ALLOWED
    since: datetime | None = None

    @property
    def has_begun(self) -> bool:
        return self.since is None or self.since <= _now()

    @property
    def requires_passkey(self) -> bool:
        """Must the account have a passkey now?"""
        return self.passkey == REQUIRED and self.has_begun

    @property
    def refuses_passwords(self) -> bool:
        """Does a password log nobody in now?"""
        return self.password == REFUSED and self.has_begun

    @property
    def asks_second_step(self) -> bool:
        """After the password, are people asked for the passkey or security key that they have?"""
        return self.password == SECOND_STEP

    @property
    def is_to_come(self) -> bool:
        """Will a passkey be required, or passwords be refused, from a later date on?"""
        return not self.has_begun and (self.passkey == REQUIRED or self.password == REFUSED)

    @property
    def begun(self) -> "Entry":
        """The entry as it holds from its date on."""
        return replace(self, since=None)

    @property
    def demands_nothing(self) -> bool:
        return self.passkey == OPTIONAL and self.password == ALLOWED


NO_POLICY = Entry(name=EVERYBODY)
STRICTEST = Entry(name="error", passkey=REQUIRED, password=REFUSED)
"""What holds while the site's function fails: an error must not open an account to a stolen password."""


def policy_of(user: AbstractBaseUser, account: Account | None = None) -> Entry:
    """The first entry of PASSKEY_POLICY that fits the user.

    Runs one SQL statement if a group decides, and else none. If the site's function fails, the error is logged,
    and the strictest entry holds. Raises ImproperlyConfigured for a dictionary that cannot be read.
    """
    policy = _policy()
    if not isinstance(policy, tuple):
        return _answer_of(policy, user)
    known = account or Account(user)
    return next((entry for entry in policy if _fits(entry.name, known)), NO_POLICY)


def entries() -> tuple[Entry, ...] | None:
    """All entries in their order; None if the policy is a function. Raises ImproperlyConfigured."""
    policy = _policy()
    return policy if isinstance(policy, tuple) else None


def is_set() -> bool:
    """Is there a policy at all?"""
    return passkey_settings.policy_source is not None


def wants_passkeys() -> bool:
    """Is there anybody whose password alone is not enough now? What it says depends on no account."""
    known = entries()
    return known is None or any(entry.refuses_passwords or entry.asks_second_step for entry in known)


def announces() -> bool:
    """Is there an entry whose date is to come, as far as is known before a user is looked at?"""
    known = entries()
    return known is None or any(entry.is_to_come for entry in known)


def groups() -> list[str]:
    """The names of the groups for which the policy has an entry."""
    return [entry.name.removeprefix(GROUP) for entry in entries() or () if entry.name.startswith(GROUP)]


def read_entry(name: str, value: object) -> Entry:
    """Raises ImproperlyConfigured."""
    where = f"PASSKEY_POLICY[{name!r}]"
    if not isinstance(value, Mapping):
        raise ImproperlyConfigured(f"{where} must be a dictionary.")
    if unknown := set(value) - {*_MEMBERS, "from"}:
        raise ImproperlyConfigured(f"{where} has unknown members: {', '.join(sorted(map(str, unknown)))}.")
    for member, choices in _MEMBERS.items():
        if value.get(member, choices[0]) not in choices:
            raise ImproperlyConfigured(f"{where}[{member!r}] must be one of {', '.join(choices)}.")
    since = None if value.get("from") is None else _moment(f"{where}['from']", value["from"])
    return Entry(name=name, since=since, **{member: value[member] for member in _MEMBERS if member in value})


def _read() -> tuple[Entry, ...] | Callable[[Any], Any]:
    source = passkey_settings.policy_source
    if source is None:
        return ()
    if isinstance(source, str):
        return function_at("PASSKEY_POLICY", source)
    if not isinstance(source, Mapping):
        raise ImproperlyConfigured("PASSKEY_POLICY must be a dictionary, or the dotted path of a function.")
    wrong = [name for name in source if name not in (SUPERUSERS, STAFF, EVERYBODY) and not _is_group(name)]
    if wrong:
        raise ImproperlyConfigured(
            f"PASSKEY_POLICY[{wrong[0]!r}] is not one of superusers, staff, everybody, group:NAME."
        )
    return tuple(read_entry(name, value) for name, value in source.items())


_policy = MadeOfSetting(lambda: passkey_settings.policy_source, _read)


def _is_group(name: object) -> bool:
    return isinstance(name, str) and name.startswith(GROUP) and len(name) > len(GROUP)


def _answer_of(function: Callable[[Any], Any], user: AbstractBaseUser) -> Entry:
    try:
        return read_entry("function", function(user))
    except Exception:
        logger.exception("PASSKEY_POLICY failed: the strictest rules hold for this user")
        return STRICTEST


def _fits(name: str, account: Account) -> bool:
    if name.startswith(GROUP):
        return account.is_in_group(name.removeprefix(GROUP))
    flags = {SUPERUSERS: "is_superuser", STAFF: "is_staff"}
    return name == EVERYBODY or bool(getattr(account.user, flags[name], False))


def _moment(where: str, value: object) -> datetime:
    """A date means the midnight with which it begins, in the time zone of the settings."""
    parsed = _parsed(where, value) if isinstance(value, str) else value
    if isinstance(parsed, date) and not isinstance(parsed, datetime):
        parsed = datetime.combine(parsed, time())
    if not isinstance(parsed, datetime):
        raise ImproperlyConfigured(f'{where} must be a date, such as "2027-01-01".')
    return timezone.make_aware(parsed, timezone.get_default_timezone()) if timezone.is_naive(parsed) else parsed


def _parsed(where: str, text: str) -> date | datetime | None:
    try:
        return parse_date(text) or parse_datetime(text)
    except ValueError as exc:
        raise ImproperlyConfigured(f"{where} is not a date: {exc}.") from exc


def _now() -> datetime:
    return datetime.now(tz=timezone.get_default_timezone())
