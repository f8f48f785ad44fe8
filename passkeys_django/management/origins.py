"""The origin of links that a command prints: no request tells it."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

from ..conf import passkey_settings
from ..relying_party import get_relying_party

_DEVELOPMENT = "http://localhost:8000"
"""Where `runserver` serves. Its own http://127.0.0.1:8000 is no address for passkeys."""


def link_origin(given: str | None) -> str:
    """The origin that the operator has given, which must be one where passkeys work; else that of the settings.

    Raises CommandError.
    """
    if settings.DEBUG and passkey_settings.rp_id is None:  # then each request is its own relying party
        return (given or _DEVELOPMENT).rstrip("/")
    try:
        origins, own = get_relying_party(None).origins, get_relying_party(None).web_origin
    except ImproperlyConfigured as exc:
        raise CommandError(str(exc)) from exc
    origin = given.rstrip("/") if given else own
    if origin is None:
        raise CommandError("PASSKEY_ORIGINS names no origin of web pages.")
    if origin not in origins:
        raise CommandError(f"Passkeys do not work at {origin}: PASSKEY_ORIGINS allows {', '.join(origins)}.")
    return origin
