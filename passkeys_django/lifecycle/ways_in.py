"""The ways to sign in without a passkey."""

import inspect
from typing import Any

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser

from ..conf import passkey_settings


def has_password(user: AbstractBaseUser) -> bool:
    """Does the user have a usable password, and does the site accept passwords?"""
    return user.has_usable_password() and any(map(_takes_passwords, get_backends()))


def has_other_way_in(user: AbstractBaseUser) -> bool:
    """Can the user sign in with a password, or in a way that the site's PASSKEY_OTHER_WAY_IN counts?"""
    if has_password(user):
        return True
    other_way_in = passkey_settings.other_way_in
    return other_way_in is not None and bool(other_way_in(user))


def _takes_passwords(backend: Any) -> bool:
    """Does this backend accept username and password? Django's `authenticate()` finds out in the same way."""
    try:
        inspect.signature(backend.authenticate).bind(None, username="", password="")
    except TypeError:
        return False
    return True
