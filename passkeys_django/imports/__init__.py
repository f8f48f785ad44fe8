"""Reads the passkeys that other packages stored: one file for each package.

`maintenance/importing.py` stores them as passkeys of this site; nothing is written here.
"""

from collections.abc import Callable, Iterable

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from . import (
    django_allauth,
    django_mfa,
    django_mfa2,
    django_otp_webauthn,
    django_passkeys,
    django_two_factor_auth,
)
from .foreign import Account, ForeignCredential, NotTaken, Reason

__all__ = ["PACKAGES", "Account", "ForeignCredential", "NotTaken", "Reason", "find_source"]

Source = Callable[[], Iterable[ForeignCredential | NotTaken]]
PACKAGES: dict[str, Source] = {
    "django-otp-webauthn": django_otp_webauthn.credentials,
    "django-allauth": django_allauth.credentials,
    "django-passkeys": django_passkeys.credentials,
    "django-mfa2": django_mfa2.credentials,
    "django-mfa": django_mfa.credentials,
    "django-two-factor-auth": django_two_factor_auth.credentials,
}


def find_source(name: str) -> Source:
    """The function of this name: an entry of `PACKAGES`, or the dotted path of a site's own.

    Raises ImproperlyConfigured.
    """
    if name in PACKAGES:
        return PACKAGES[name]
    try:
        function = import_string(name)
    except ImportError as exc:
        known = ", ".join(PACKAGES)
        raise ImproperlyConfigured(f"{name!r} is not one of {known}, and cannot be imported.") from exc
    if not callable(function):
        raise ImproperlyConfigured(f"{name!r} is not a function.")
    source: Source = function
    return source
