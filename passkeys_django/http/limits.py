"""How often one client address, one user or one credential may ask, counted in Django's cache.

A window's number is part of its key, so that no hit can extend it, whatever a cache does with time-outs. Where the
cache is dead, nobody is refused.
"""

import math
import time
from dataclasses import dataclass
from hashlib import blake2b

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ..cache import cache
from ..conf import Rate, passkey_settings
from ..exceptions import Throttled
from .client_address import client_address, household

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

    `credential_id` is for people who have proved that they hold the credential: a stranger could use up what a
    stranger can name. Raises Throttled if that is more than PASSKEY_RATE_LIMITS allows at this endpoint.
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


def passes(name: str, *, user: AbstractBaseUser) -> bool:
    """Count one more for this user, as `check` does, and say whether it is within the limit."""
    try:
        check(name, user=user)
    except Throttled:
        return False
    return True


def check_failures(request: HttpRequest, credential_id: str | None) -> None:
    """Raise Throttled if logins with this credential have failed too often at this address. Nothing is counted.

    None stands for all credentials that are stored nowhere: a stranger can make up as many as they like.
    """
    window = _failures(request, credential_id)
    if window is not None and cache.get(window.key, 0) >= window.rate.count:
        raise window.exceeded()


def count_failure(request: HttpRequest, credential_id: str | None) -> None:
    """A login with this credential has failed at this address; None as in `check_failures`."""
    window = _failures(request, credential_id)
    if window is not None:
        cache.count(window.key, window.left + MARGIN)


@dataclass(frozen=True, kw_only=True)
class _Window:
    """Where one thing is counted at present. The window ends in `left` seconds."""

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


def _failures(request: HttpRequest, credential_id: str | None) -> _Window | None:
    """None where failures are not limited.

    All who have no address count as one at unknown credentials, where that stops nobody who could sign in.
    """
    rate, address = _rates().get("failed-login"), client_address(request)
    if rate is None or (address is None and credential_id is not None):
        return None
    place = "" if address is None else household(address)
    return _window("failed-login", rate, "address and credential", f"{place} {credential_id or ''}")


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
