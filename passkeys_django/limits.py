"""How often one client address, one user or one credential may ask, counted in Django's cache.

A window's number is part of its key, so that no hit can extend it, whatever a cache does with time-outs. Where the
cache is dead, nobody is refused.
"""

import math
import time
from hashlib import blake2b

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from .cache import cache
from .client_address import client_address, household
from .conf import Rate, passkey_settings
from .exceptions import Throttled

MARGIN = 30
"""Seconds that a count outlives its window: other machines' clocks may be behind."""


def check(
    endpoint: str,
    *,
    request: HttpRequest | None = None,
    user: AbstractBaseUser | None = None,
    credential_id: str | None = None,
    recipient: str | None = None,
) -> None:
    """Count one more for the client address of this request, this user, this credential and this e-mail address.

    Raises Throttled if that is more than PASSKEY_RATE_LIMITS allows at this endpoint.
    """
    rate = _rates().get(endpoint)
    if rate is None:
        return
    address = client_address(request)
    if address is not None:
        _count(endpoint, rate, "address", household(address))
    if user is not None and user.pk is not None:
        _count(endpoint, rate, "user", str(user.pk))
    if credential_id is not None:
        _count(endpoint, rate, "credential", credential_id)
    if recipient is not None:
        _count(endpoint, rate, "recipient", recipient.casefold())


def _count(endpoint: str, rate: Rate, kind: str, value: str) -> None:
    window, elapsed = divmod(time.time(), rate.period)
    left = math.ceil(rate.period - elapsed)
    key = f"passkeys_django.limit.{endpoint}.{window:.0f}.{_digest(kind, value)}"
    if cache.count(key, left + MARGIN) > rate.count:
        raise Throttled(f"over {rate.count} in {rate.period} s from one {kind}", retry_after=left)


def _digest(kind: str, value: str) -> str:
    """Keyed, so that the cache's keys tell nobody who was here."""
    return blake2b(f"{settings.SECRET_KEY}:{kind}:{value}".encode(), digest_size=16).hexdigest()


_made: tuple[object, dict[str, Rate]] = (object(), {})
"""The setting that the rates were made of, and the rates."""


def _rates() -> dict[str, Rate]:
    global _made
    source, rates = _made
    if source is not passkey_settings.rate_limits_source:
        source, rates = _made = passkey_settings.rate_limits_source, passkey_settings.rate_limits
    return rates
