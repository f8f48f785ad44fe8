"""Limits how often one client address, one user or one credential may send requests, counted in Django's cache.

Requests are counted per time window. The number of the window is part of the cache key, so further requests do not
extend the window, whatever a cache does with time-outs. What is counted at the same moment is one question to the
cache. While the cache does not answer, nobody is refused.
"""

import math
import time
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ..cache import Counter, cache
from ..conf import MadeOfSetting, Rate, passkey_settings
from ..exceptions import PasskeyError, Throttled
from .client_address import client_address, household

MARGIN = 30
"""Seconds for which a count outlives its window, because the clocks of other machines may be behind."""


class Limit(NamedTuple):
    """A counter, how far it may count, and a function that makes the error which is raised beyond this."""

    counter: Counter
    most: int
    error: Callable[[], PasskeyError]


def check(
    endpoint: str,
    *,
    request: HttpRequest | None = None,
    user: AbstractBaseUser | None = None,
    credential_id: str | None = None,
    recipient: str | None = None,
) -> None:
    """Count one request for this client address, this user, this credential and this e-mail address.

    Raises Throttled if PASSKEY_RATE_LIMITS allows fewer requests at this endpoint. The e-mail address is counted
    only if the others are within their limits: a stranger can name any address.
    """
    enforce(for_request(endpoint, request=request, user=user, credential_id=credential_id))
    rate = _rates().get(endpoint)
    if rate is not None and recipient is not None:
        enforce([_window(endpoint, rate, "recipient", recipient.casefold())])


def for_request(
    endpoint: str,
    *,
    request: HttpRequest | None = None,
    user: AbstractBaseUser | None = None,
    credential_id: str | None = None,
) -> list[Limit]:
    """The limits for one request of this client address, this user and this credential, for `enforce`.

    Pass `credential_id` only after the client has proved that it holds the credential: otherwise a stranger who
    knows the id could use up its limit. Pass only what belongs to the client itself: `enforce` counts all of them,
    even if one is used up.
    """
    rate = _rates().get(endpoint)
    if rate is None:
        return []
    limits = []
    address = client_address(request)
    if address is not None:
        limits.append(_window(endpoint, rate, "address", household(address)))
    if user is not None and user.pk is not None:
        limits.append(_window(endpoint, rate, "user", str(user.pk)))
    if credential_id is not None:
        limits.append(_window(endpoint, rate, "credential", credential_id))
    return limits


def enforce(limits: Sequence[Limit]) -> None:
    """Count once for each limit, in one question to the cache. Raises the error of the first that is exceeded.

    All of them are counted or read, even if one is exceeded.
    """
    counts = cache.count_all([limit.counter for limit in limits])
    for limit, count in zip(limits, counts, strict=True):
        # What is only read was not counted, and needs room for the attempt that comes.
        if count + limit.counter.is_read_only > limit.most:
            raise limit.error()


def check_here(endpoint: str, request: HttpRequest, user: AbstractBaseUser) -> None:
    """Count one request for this user from this address, so that nobody elsewhere can use up the user's limit.

    Clients without an address are not limited. Raises Throttled.
    """
    rate, address = _rates().get(endpoint), client_address(request)
    if rate is not None and address is not None:
        enforce([_window(endpoint, rate, "address and user", f"{household(address)} {user.pk}")])


def passes(name: str, *, user: AbstractBaseUser | None = None, recipient: str | None = None) -> bool:
    """Count one request for this user or e-mail address, as `check` does. Is the count within the limit?"""
    try:
        check(name, user=user, recipient=recipient)
    except Throttled:
        return False
    return True


def for_failures(request: HttpRequest, target: str | None, *, kind: str = "failed-login") -> list[Limit]:
    """The limit of attempts on this target that have failed from this address, for `enforce`, which only reads it.

    The target of a "failed-login" is a credential id. None stands for all unknown credentials together, because a
    stranger can invent any number of them. The target of a "failed-recovery" is a user name.

    Clients without an address share one window, and only for unknown credentials: nobody's valid attempt is
    refused by it.
    """
    return _failures(request, target, kind, is_read_only=True)


def count_failure(request: HttpRequest, target: str | None, *, kind: str = "failed-login") -> None:
    """Count a failed attempt on this target from this address; None means the same as in `for_failures`."""
    cache.count_all([limit.counter for limit in _failures(request, target, kind)])


def _failures(request: HttpRequest, target: str | None, kind: str, *, is_read_only: bool = False) -> list[Limit]:
    rate, address = _rates().get(kind), client_address(request)
    if rate is None or (address is None and target is not None):
        return []
    place = "" if address is None else household(address)
    return [_window(kind, rate, "address and target", f"{place} {target or ''}", is_read_only=is_read_only)]


def _window(endpoint: str, rate: Rate, kind: str, value: str, *, is_read_only: bool = False) -> Limit:
    """The limit within the present window of time."""
    number, elapsed = divmod(time.time(), rate.period)
    left = math.ceil(rate.period - elapsed)
    key = f"passkeys_django.limit.{endpoint}.{number:.0f}.{_digest(kind, value)}"

    def error() -> Throttled:
        return Throttled(f"over {rate.count} in {rate.period} s from one {kind}", retry_after=left)

    return Limit(counter=Counter(key, left + MARGIN, is_read_only), most=rate.count, error=error)


def _digest(kind: str, value: str) -> str:
    """A digest keyed with SECRET_KEY, so that cache keys do not reveal addresses or users."""
    return blake2b(f"{settings.SECRET_KEY}:{kind}:{value}".encode(), digest_size=16).hexdigest()


_rates = MadeOfSetting(lambda: passkey_settings.rate_limits_source, lambda: passkey_settings.rate_limits)
