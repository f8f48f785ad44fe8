"""The checks of the setting PASSKEY_POLICY itself."""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from ...check_ids import POLICY_MALFORMED, POLICY_WITHOUT_DATE
from ...policy.entries import ALLOWED, REFUSED, SECOND_STEP, Entry, entries, is_set


def entries_or_none() -> tuple[Entry, ...] | None:
    """The entries. None for a function, and for a policy that cannot be read: `check_policy` reports that."""
    try:
        return entries()
    except ImproperlyConfigured:
        return None


def demands_anything() -> bool:
    """Is there anybody of whom the policy may ask something, now or later?"""
    return _any(lambda entry: not entry.demands_nothing)


def restricts_passwords() -> bool:
    """Is there anybody whose password may not be enough, now or later?"""
    return _any(lambda entry: entry.password != ALLOWED)


def asks_second_step() -> bool:
    """May the policy ask anybody for a second step?"""
    return _any(lambda entry: entry.password == SECOND_STEP)


def _any(condition: Any) -> bool:
    """Of a function, everything may be expected; of a policy that cannot be read, nothing."""
    try:
        known = entries()
    except ImproperlyConfigured:
        return False
    return is_set() and (known is None or any(map(condition, known)))


def check_policy(**_kwargs: Any) -> list[CheckMessage]:
    """PASSKEY_POLICY can be read."""
    try:
        entries()
    except ImproperlyConfigured as exc:
        return [Error(str(exc), hint="docs/how-to/require-passkeys.md has examples.", id=POLICY_MALFORMED)]
    return []


def check_dates(**_kwargs: Any) -> list[CheckMessage]:
    """Every entry that refuses passwords says from when on."""
    return [
        _without_date(entry)
        for entry in entries_or_none() or ()
        if entry.password == REFUSED and entry.since is None
    ]


def _without_date(entry: Entry) -> CheckMessage:
    return Error(
        f"PASSKEY_POLICY[{entry.name!r}] refuses passwords at once: people without a passkey cannot create one.",
        hint='Give them time: add "from" with a date, such as "2027-01-01". Until then a password still logs in, '
        "and a card with the date offers to create a passkey. If nobody of them needs time, write a past date.",
        id=POLICY_WITHOUT_DATE,
    )
