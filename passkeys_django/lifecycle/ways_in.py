"""The ways to get in without a passkey."""

import inspect
from typing import Any

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser

from ..conf import passkey_settings
from ..models import Passkey, RecoveryCode, account_address
from ..policy import Account, policy_of
from ..signals import seeking_way_in


def has_password(user: AbstractBaseUser, account: Account | None = None) -> bool:
    """Does the user have a usable password, and do the site and its policy accept passwords?"""
    return keeps_password(user) and not policy_of(user, account).refuses_passwords


def keeps_password(user: AbstractBaseUser) -> bool:
    """Does the user have a usable password, and does the site accept passwords? No SQL runs."""
    return user.has_usable_password() and site_takes_passwords()


def site_takes_passwords() -> bool:
    """Does any backend of the site accept username and password?"""
    return any(map(_takes_passwords, get_backends()))


def has_other_way_in(user: AbstractBaseUser) -> bool:
    """Can the user get in with a password, in a way that the site or an app counts, or by recovery?

    The site's way is PASSKEY_OTHER_WAY_IN.
    """
    return signs_in_otherwise(user) or can_recover(user)


def signs_in_otherwise(user: AbstractBaseUser, account: Account | None = None) -> bool:
    """Can the user sign in with a password, or in a way that the site's PASSKEY_OTHER_WAY_IN or an app counts?"""
    return has_password(user, account) or _site_counts(user) or _apps_count(user)


def can_recover(user: AbstractBaseUser) -> bool:
    """Has the user recovery codes left, or can they get a link by e-mail without signing in?"""
    return recovers_by_email(user) or RecoveryCode.objects.left([user.pk]).exists()


def recovers_by_email(user: AbstractBaseUser) -> bool:
    """Can the user get a link by e-mail without signing in?"""
    return passkey_settings.recovery_by_email and bool(account_address(user))


def _site_counts(user: AbstractBaseUser) -> bool:
    other_way_in = passkey_settings.other_way_in
    return other_way_in is not None and bool(other_way_in(user))


def _apps_count(user: AbstractBaseUser) -> bool:
    """Does a receiver of `seeking_way_in` know a way?"""
    return any(answer for _receiver, answer in seeking_way_in.send(sender=Passkey, user=user))


def _takes_passwords(backend: Any) -> bool:
    """Does this backend accept username and password? Django's `authenticate()` finds out in the same way."""
    try:
        inspect.signature(backend.authenticate).bind(None, username="", password="")
    except TypeError:
        return False
    return True
