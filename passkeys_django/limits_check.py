"""What `manage.py check --deploy` says about the cache that PASSKEY_RATE_LIMITS counts in."""

from typing import Any

from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured

from .conf import passkey_settings

CACHE_UNFIT = "passkeys_django.W003"


def check_limits(**_kwargs: Any) -> list[CheckMessage]:
    """The default cache counts for all processes together."""
    try:
        cache = caches["default"] if passkey_settings.rate_limits else None
    except ImproperlyConfigured:  # told by another check, or by the cache itself
        return []
    if isinstance(cache, DummyCache):
        return [_unfit("count nothing: the default cache is a DummyCache")]
    if isinstance(cache, LocMemCache):
        return [_unfit("count in each process by itself: the default cache is a LocMemCache")]
    return []


def _unfit(how: str) -> CheckMessage:
    return Warning(
        f"The limits on passkey requests {how}.",
        hint='Set CACHES["default"] to a cache that all processes share, such as Redis. If something in front of '
        "the site limits requests, set PASSKEY_RATE_LIMITS = None.",
        id=CACHE_UNFIT,
    )
