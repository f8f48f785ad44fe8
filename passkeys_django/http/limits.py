"""Limits how often one client address, one user or one credential may send requests, counted in Django's cache.

Requests are counted per time window. The number of the window is part of the cache key, so further requests do not
extend the window, whatever a cache does with time-outs. While the cache does not answer, nobody is refused.
"""

import math
import time
from dataclasses import dataclass
from hashlib import blake2b

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ..cache import cache
from ..conf import MadeOfSetting, Rate, passkey_settings
from ..exceptions import Throttled
from .client_address import client_address, household

MARGIN = 30
"""Seconds for which a count outlives its window, because the clocks of other machines may be behind."""


def check(
    endpoint: str,
    *,
    request: HttpRequest | None = None,
    user: AbstractBaseUser | None = None,
    credential_id: str | None = None,
    recipient: str | None = None,
) -> None:
    """Count one request for this client address, this user, this credential and this e-mail address.

    Pass `credential_id` only after the client has proved that it holds the credential: otherwise a stranger who
    knows the id could use up its limit. Raises Throttled if PASSKEY_RATE_LIMITS allows fewer requests at this
    endpoint.
    """
    rate = _rates().get(endpoint)
    if rate is None:
        return
    address = client_address(request)
    if address is not None:
        _count(_window(endpoint, rate, "address", household(address)))
    if user is not None and user.pk is not None:
        _count(_window(endpoint, rate, "user", str(user.pk)))
    if credential_id is not None:
        _count(_window(endpoint, rate, "credential", credential_id))
    if recipient is not None:
        _count(_window(endpoint, rate, "recipient", recipient.casefold()))


def check_here(endpoint: str, request: HttpRequest, user: AbstractBaseUser) -> None:
    """Count one request for this user from this address, so that nobody elsewhere can use up the user's limit.

    Clients without an address are not limited. Raises Throttled.
    """
    rate, address = _rates().get(endpoint), client_address(request)
    if rate is not None and address is not None:
        _count(_window(endpoint, rate, "address and user", f"{household(address)} {user.pk}"))


def passes(name: str, *, user: AbstractBaseUser | None = None, recipient: str | None = None) -> bool:
    """Count one request for this user or e-mail address, as `check` does. Is the count within the limit?"""
    try:
        check(name, user=user, recipient=recipient)
    except Throttled:
        return False
    return True


def check_failures(request: HttpRequest, target: str | None, *, kind: str = "failed-login") -> None:
    """Raise Throttled if too many attempts on this target have failed from this address. Nothing is counted.

    The target of a "failed-login" is a credential id. None stands for all unknown credentials together, because a
    stranger can invent any number of them. The target of a "failed-recovery" is a user name.
    """
    window = _failures(request, target, kind)
    if window is not None and cache.get(window.key, 0) >= window.rate.count:
        raise window.exceeded()


def count_failure(request: HttpRequest, target: str | None, *, kind: str = "failed-login") -> None:
    """Count a failed attempt on this target from this address; None means the same as in `check_failures`."""
    window = _failures(request, target, kind)
    if window is not None:
        cache.count(window.key, window.left + MARGIN)


@dataclass(frozen=True, kw_only=True)
class _Window:
    """The present window of one counter. The window ends in `left` seconds."""

    key: str
    rate: Rate
    left: int
    kind: str

    def exceeded(self) -> Throttled:
        reason = f"over {self.rate.count} in {self.rate.period} s from one {self.kind}"
        return Throttled(reason, retry_after=self.left)


def _window(endpoint: str, rate: Rate, kind: str, value: str) -> _Window:
    number, elapsed = divmod(time.time(), rate.period)
    key = f"passkeys_django.limit.{endpoint}.{number:.0f}.{_digest(kind, value)}"
    return _Window(key=key, rate=rate, left=math.ceil(rate.period - elapsed), kind=kind)


def _count(window: _Window) -> None:
    if cache.count(window.key, window.left + MARGIN) > window.rate.count:
        raise window.exceeded()


def _failures(request: HttpRequest, target: str | None, kind: str) -> _Window | None:
    """The window of failed attempts; None if these failures are not limited.

    Clients without an address share one window, and only for unknown credentials: nobody's valid attempt is
    refused by it.
    """
    rate, address = _rates().get(kind), client_address(request)
    if rate is None or (address is None and target is not None):
        return None
    place = "" if address is None else household(address)
    return _window(kind, rate, "address and target", f"{place} {target or ''}")


def _digest(kind: str, value: str) -> str:
    """A digest keyed with SECRET_KEY, so that cache keys do not reveal addresses or users."""
    return blake2b(f"{settings.SECRET_KEY}:{kind}:{value}".encode(), digest_size=16).hexdigest()


_rates = MadeOfSetting(lambda: passkey_settings.rate_limits_source, lambda: passkey_settings.rate_limits)
