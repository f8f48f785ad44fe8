"""How else somebody can sign in, without a passkey."""

import inspect
from typing import Any

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser

from ..conf import passkey_settings


def has_password(user: AbstractBaseUser) -> bool:
    """Has the user a usable password, on a site where passwords are taken?"""
    return user.has_usable_password() and any(map(_takes_passwords, get_backends()))


def has_other_way_in(user: AbstractBaseUser) -> bool:
    """A password, or what the site's PASSKEY_OTHER_WAY_IN counts."""
    if has_password(user):
        return True
    other_way_in = passkey_settings.other_way_in
    return other_way_in is not None and bool(other_way_in(user))


def _takes_passwords(backend: Any) -> bool:
    """As Django's `authenticate()` finds out."""
    try:
        inspect.signature(backend.authenticate).bind(None, username="", password="")
    except TypeError:
        return False
    return True
