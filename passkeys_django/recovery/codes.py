"""Recovery codes: making them, writing them for people, and reading what people type.

A code has 80 random bits, so its digest needs neither salt nor a slow hash.
"""

import hashlib
import secrets
import unicodedata

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import router, transaction
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from ..conf import passkey_settings
from ..http import limits
from ..lifecycle.probation import require_no_probation
from ..models import Passkey, RecoveryCode, UserHandle
from ..policy.strength import own_strength, require_own_strength
from ..sessions.authentication import get_authentication
from ..sessions.reauthentication import require_recent_authentication
from ..sessions.record import PASSKEY, STRONG, WEAK
from ..signals import recovery_codes_created

CODES = 10
"""How many codes people get at a time."""
_BYTES = 10
_GROUP = 4
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Base32 without i, l, o and u, which people take for other characters."""
_MISREAD = str.maketrans("oil", "011")
_SEPARATORS = ("Pd", "Pc", "Zs", "Cc", "Cf")
"""The Unicode categories of dashes, low lines, blanks and what nobody sees."""


def codes_left(user: AbstractBaseUser) -> int:
    """How many codes of the user would work now."""
    codes = RecoveryCode.objects.left([user.pk])
    return (codes.filter(strength__gt=WEAK) if own_strength(user) == STRONG else codes).count()


def end_weak_codes(user: AbstractBaseUser) -> None:
    """Delete the codes that were made at strength 1. Everything of ours that stores a passkey has done so."""
    RecoveryCode.objects.end_weak([user.pk])


@sensitive_variables()
def make_codes(request: HttpRequest) -> list[str]:
    """Ten new codes for the signed-in user, in place of all earlier ones. Nobody can read them again.

    Raises NotAuthenticated, ActingAsAnother, ReauthenticationRequired, RecoveredRecently, Throttled.
    """
    user = require_own_strength(request)
    require_no_probation(request, user)
    strength = _strength(request, user)
    limits.check("recovery-codes", user=user)
    codes = [_new_code() for _ in range(CODES)]
    while not _replace(user, codes, strength):
        pass  # another change of this user's ways in was faster
    recovery_codes_created.send(sender=RecoveryCode, request=request, user=user)
    return codes


def _strength(request: HttpRequest, user: AbstractBaseUser) -> int:
    """The strength of the session. Users with a passkey get no codes of strength 1, which would not work.

    With PASSKEY_CONFIRM_METHOD = "any" the site has decided that a password is as good as a passkey.
    """
    authentication = get_authentication(request)
    strength = WEAK if authentication is None else authentication.strength
    if strength == STRONG or not Passkey.objects.of(user).accepted().passkeys().exists():
        return strength
    if passkey_settings.confirm_method != "any":
        require_recent_authentication(request, method=PASSKEY)
    return STRONG


@sensitive_variables()
def _replace(user: AbstractBaseUser, codes: list[str], strength: int) -> bool:
    """Store the codes, unless another request has changed how this user gets in: then False."""
    handle = UserHandle.objects.for_user(user)
    with transaction.atomic(using=router.db_for_write(RecoveryCode)):
        if not UserHandle.objects.compare_and_set(handle):
            return False
        rows = RecoveryCode.objects.on_primary()
        rows.filter(user_id=user.pk).delete()
        rows.bulk_create(
            RecoveryCode(user_id=user.pk, code_sha256=digest_of(code), strength=strength) for code in codes
        )
    return True


def _new_code() -> str:
    """Sixteen characters in groups, such as `0k3m-…`."""
    number = int.from_bytes(secrets.token_bytes(_BYTES))
    characters = "".join(_ALPHABET[number >> shift & 31] for shift in range(0, 8 * _BYTES, 5))
    return "-".join(characters[start : start + _GROUP] for start in range(0, len(characters), _GROUP))


@sensitive_variables()
def digest_of(code: str) -> str:
    """The SHA-256 of a code, as it was shown or as somebody has typed it.

    Capital letters, blanks and hyphens do not matter, and neither do o for 0, i and l for 1.
    """
    typed = unicodedata.normalize("NFKC", code).lower()
    kept = "".join(char for char in typed if unicodedata.category(char) not in _SEPARATORS)
    return hashlib.sha256(kept.translate(_MISREAD).encode("utf-8", "surrogatepass")).hexdigest()
