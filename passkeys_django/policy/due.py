"""What a session still owes, before its user may go on."""

from datetime import datetime
from enum import StrEnum

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ..sessions.record import ENROLMENT, PASSKEY, PASSWORD, STRONG, Authentication
from .account import Account, account_of
from .entries import Entry, announces, is_set, policy_of


class Due(StrEnum):
    """What is due.

    SECOND_STEP: show a passkey or a security key, after the password. PASSKEY: create a passkey. ENROLMENT: a
    passkey is due, but a password is no longer good enough to create one.
    """

    SECOND_STEP = "second-step"
    PASSKEY = "passkey"
    ENROLMENT = "enrolment"


def what_is_due(
    user: AbstractBaseUser,
    authentication: Authentication | None,
    *,
    request: HttpRequest | None = None,
    account: Account | None = None,
) -> Due | None:
    """What the session of this user owes, if anything.

    A session without a record counts as one that a password opened. Runs at most one SQL statement, and none if
    the entry demands nothing, or if a passkey or an enrolment opened the session.
    """
    if not is_set() or owes_nothing_ever(authentication):
        return None
    account = account or account_of(user, request)
    entry = policy_of(user, account)
    if entry.demands_nothing:
        return None
    if _rests_on_password(authentication) and (due := _due_after_password(entry, account)):
        return due
    if not entry.requires_passkey or has_what_is_required(entry, account):
        return None
    return Due.SECOND_STEP if account.has_strong_passkey and _is_weak(authentication) else Due.PASSKEY


def password_owes(user: AbstractBaseUser, *, request: HttpRequest | None = None) -> Due | None:
    """What somebody owes who has shown the password of this user, and nothing else."""
    return what_is_due(user, None, request=request)


def announced(user: AbstractBaseUser, *, request: HttpRequest | None = None) -> datetime | None:
    """From when on this user needs a passkey that the account does not have. None if nothing is to come.

    Runs at most one SQL statement, and none if no entry of the policy has a date that is to come.
    """
    if not is_set() or not announces():
        return None
    account = account_of(user, request)
    entry = policy_of(user, account)
    if not entry.is_to_come or has_what_is_required(entry.begun, account):
        return None
    return entry.since


def owes_nothing_ever(authentication: Authentication | None) -> bool:
    """Did a passkey or an enrolment open or confirm the session? Then no policy asks for more."""
    return authentication is not None and authentication.method in (PASSKEY, ENROLMENT)


def _is_weak(authentication: Authentication | None) -> bool:
    """Is it too weak to add a passkey to an account that has one, even if that one may not sign in alone?"""
    return authentication is None or authentication.strength < STRONG


def _rests_on_password(authentication: Authentication | None) -> bool:
    """Has the session shown nothing but a password?"""
    if authentication is None:
        return True
    return PASSWORD in authentication.methods and _is_weak(authentication)


def _due_after_password(entry: Entry, account: Account) -> Due | None:
    if not entry.refuses_passwords and not entry.asks_second_step:
        return None
    if account.has_passkey or account.has_security_key:
        return Due.SECOND_STEP
    return Due.ENROLMENT if entry.refuses_passwords else None


def has_what_is_required(entry: Entry, account: Account) -> bool:
    """Has the account what the entry requires? Where a second step is asked for, a security key is enough."""
    if entry.refuses_passwords:
        return account.has_certain_passkey
    return account.has_passkey or (entry.asks_second_step and account.has_security_key)
