"""The checks of PASSKEY_RATE_LIMITS, with `--deploy` only: is the cache shared, are client addresses right?"""

from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured

from ..cache import is_shared
from ..check_ids import CACHE_UNFIT, PROXIES_UNKNOWN
from ..conf import passkey_settings

_FROM_A_PROXY = ("SECURE_PROXY_SSL_HEADER", "USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT")


def check_limits(**_kwargs: Any) -> list[CheckMessage]:
    """The default cache counts for all processes together."""
    try:
        if not passkey_settings.rate_limits:
            return []
        cache = caches["default"]
    except ImproperlyConfigured:  # another check reports this, or the cache itself
        return []
    if is_shared(cache):
        return []
    what = "count nothing" if isinstance(cache, DummyCache) else "count in each process separately"
    return [_unfit(f"{what}: the default cache is a {type(cache).__name__}")]


def _unfit(how: str) -> CheckMessage:
    return Warning(
        f"The limits on passkey requests {how}.",
        hint='Set CACHES["default"] to a cache that all processes share, such as Redis. If something in front of '
        "the site limits requests, set PASSKEY_RATE_LIMITS = None.",
        id=CACHE_UNFIT,
    )


def check_proxies(**_kwargs: Any) -> list[CheckMessage]:
    """Behind a proxy, PASSKEY_TRUSTED_PROXIES is set: otherwise all clients have the proxy's address."""
    believed = [name for name in _FROM_A_PROXY if getattr(settings, name)]
    if not believed or passkey_settings.trusted_proxies_source is not None:
        return []
    return [
        Warning(
            f"{believed[0]} is set, so a proxy stands in front of this site, but PASSKEY_TRUSTED_PROXIES "
            "is not set: all people have one address, in the limits on passkey requests and in the history.",
            hint="Set PASSKEY_TRUSTED_PROXIES to the number of proxies that append to X-Forwarded-For, or to 0 if "
            "your server puts the client's address into REMOTE_ADDR.",
            id=PROXIES_UNKNOWN,
        )
    ]


DEPLOYMENT = (check_limits, check_proxies)
