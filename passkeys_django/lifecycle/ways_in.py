"""The ways to sign in without a passkey."""

import inspect
from typing import Any

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser

from ..conf import passkey_settings
from ..models import Passkey
from ..policy import policy_of
from ..signals import seeking_way_in


def has_password(user: AbstractBaseUser) -> bool:
    """Does the user have a usable password, and do the site and its policy accept passwords?"""
    if not user.has_usable_password() or policy_of(user).refuses_passwords:
        return False
    return site_takes_passwords()


def site_takes_passwords() -> bool:
    """Does any backend of the site accept username and password?"""
    return any(map(_takes_passwords, get_backends()))


def has_other_way_in(user: AbstractBaseUser) -> bool:
    """Can the user sign in with a password, or in a way that the site's PASSKEY_OTHER_WAY_IN or an app counts?"""
    return has_password(user) or _site_counts(user) or _apps_count(user)


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
