"""The strength that an account has, which everything needs that changes how people get into it."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ..conf import passkey_settings
from ..sessions.authentication import signed_in_owner
from ..sessions.reauthentication import require_recent_authentication
from ..sessions.record import PASSKEY, STRONG, WEAK
from .account import Account
from .entries import policy_of
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
    if waiting is not None and waiting.may_register and is_open(waiting) and _is_strong_and_recent(waiting):
        return waiting.user
    return require_own_strength(request)


def _is_strong_and_recent(waiting: Parked) -> bool:
    """A passkey that the account has got meanwhile asks for itself: see `own_strength`."""
    shown = waiting.authentication
    return is_recent(waiting) and shown is not None and shown.strength >= own_strength(waiting.user)
