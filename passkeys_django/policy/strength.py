"""The strength that an account has, which everything needs that changes how people get into it."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ..conf import passkey_settings
from ..sessions.authentication import signed_in_owner
from ..sessions.reauthentication import require_recent_authentication
from ..sessions.record import PASSKEY, STRONG, WEAK
from .account import Account
from .entries import Entry, policy_of
from .parking import Parked, is_open, is_recent, parked


def own_strength(user: AbstractBaseUser) -> int:
    """1 or 2: the strength that a login must have to change how people get into this account.

    It is 2 for a user who has a passkey with user verification, or a security key that is asked for after the
    password; else 1.
    A password alone must not bind a new passkey to an account that has one, nor remove it (NIST SP 800-63B-4,
    4.1.2.1). With PASSKEY_CONFIRM_METHOD = "any", a password is always enough.
    """
    if passkey_settings.confirm_method == "any":
        return WEAK
    account = Account(user)
    if account.has_strong_passkey:
        return STRONG
    return STRONG if account.has_security_key and policy_of(user, account).asks_second_step else WEAK


def is_bound(account: Account, entry: Entry) -> bool:
    """Does the rule "strongest" ask this account, under this entry, for more than a password?"""
    return account.has_strong_passkey or (account.has_security_key and entry.asks_second_step)


def require_own_strength(request: HttpRequest) -> AbstractBaseUser:
    """The signed-in user, who authenticated recently and with the account's own strength.

    Raises NotAuthenticated, ReauthenticationRequired, or ActingAsAnother.
    """
    user = signed_in_owner(request)
    return require_recent_authentication(request, method=PASSKEY if own_strength(user) == STRONG else None)


def registrant(request: HttpRequest) -> AbstractBaseUser:
    """The user who may create a passkey in this session: the signed-in one, or one to whom a passkey is due.

    Raises the same as `require_own_strength`.
    """
    waiting = parked(request)
    return waiting.user if waiting is not None and may_register(waiting) else require_own_strength(request)


def may_register(waiting: Parked) -> bool:
    """Is a passkey due, and has the parked user authenticated recently, and with the account's own strength?

    The account may have got a passkey meanwhile, from another session.
    """
    shown = waiting.authentication
    if not waiting.may_register or shown is None or not is_open(waiting) or not is_recent(waiting):
        return False
    return shown.strength >= own_strength(waiting.user)
