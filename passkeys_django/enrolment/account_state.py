"""A digest of what an enrolment was made for: the account with this password and these passkeys.

The digest is compared when an enrolment is used, so a change ends it that no code of ours has seen: an import, a
bulk delete, a new password in the admin.
"""

import hashlib

from django.contrib.auth.base_user import AbstractBaseUser

from ..models import Passkey
from ..sessions.stored_user import auth_hashes


def account_state(user: AbstractBaseUser) -> str:
    """The digest for a new enrolment."""
    return _digest(user.get_session_auth_hash(), _passkeys(user))


def has_state(user: AbstractBaseUser, state: str) -> bool:
    """Is the account as it was? Keys of SECRET_KEY_FALLBACKS are accepted too, as for Django's sessions."""
    passkeys = _passkeys(user)
    return any(_digest(auth_hash, passkeys) == state for auth_hash in auth_hashes(user))


def _passkeys(user: AbstractBaseUser) -> list[str]:
    return sorted(str(key) for key in Passkey.objects.of(user).order_by().values_list("pk", flat=True))


def _digest(auth_hash: str, passkeys: list[str]) -> str:
    return hashlib.sha256("\n".join([auth_hash, *passkeys]).encode()).hexdigest()
