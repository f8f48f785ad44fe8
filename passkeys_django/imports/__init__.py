"""What other packages stored of people's passkeys. A package a file: only what differs."""

from collections.abc import Callable, Iterable

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from . import django_allauth, django_otp_webauthn
from .foreign import ForeignCredential, NotTaken, Reason

__all__ = ["PACKAGES", "ForeignCredential", "NotTaken", "Reason", "find_source"]

Source = Callable[[], Iterable[ForeignCredential | NotTaken]]
PACKAGES: dict[str, Source] = {
    "django-otp-webauthn": django_otp_webauthn.credentials,
    "django-allauth": django_allauth.credentials,
}


def find_source(name: str) -> Source:
    """One of `PACKAGES`, or the dotted path of a site's own function. Raises ImproperlyConfigured."""
    if name in PACKAGES:
        return PACKAGES[name]
    try:
        function = import_string(name)
    except ImportError as exc:
        known = ", ".join(PACKAGES)
        raise ImproperlyConfigured(f"{name!r} is none of {known}, nor can it be imported.") from exc
    if not callable(function):
        raise ImproperlyConfigured(f"{name!r} is no function.")
    source: Source = function
    return source
