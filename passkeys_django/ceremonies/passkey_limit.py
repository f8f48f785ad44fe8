"""How many passkeys a user may have."""

from django.contrib.auth.base_user import AbstractBaseUser

from ..exceptions import PasskeyLimitReached
from ..models import Passkey

MAX_PASSKEYS = 20
"""Passkeys of one user."""


def check_limit(user: AbstractBaseUser) -> None:
    """Raises PasskeyLimitReached if the user cannot have another passkey."""
    if Passkey.objects.of(user).count() >= MAX_PASSKEYS:
        raise PasskeyLimitReached(f"the user has {MAX_PASSKEYS} passkeys already")
