"""While a provider is down, this site verifies with its own public keys, if PASSKEY_LOCAL_FALLBACK is on.

When a call finds a provider down, no process calls that provider for a while: the mark is in Django's cache. So
later logins do not wait for the same time-out. After the pause, one request at a time tries the provider again.
"""

import hashlib
import logging
from collections.abc import Callable
from typing import TypeVar

from ..cache import cache
from ..conf import passkey_settings
from ..exceptions import PasskeyError, ProviderUnavailable
from ..signals import provider_state_changed
from . import local_provider
from .base import BaseProvider

REMEMBER_DOWN = 24 * 60 * 60
"""Seconds after which the mark of an outage expires, if no request has noticed the end of the outage."""
logger = logging.getLogger("passkeys_django")
Result = TypeVar("Result")


def call(provider: BaseProvider, work: Callable[[BaseProvider], Result]) -> Result:
    """Return `work(provider)`, and learn from its outcome whether the provider is down.

    During the pause after a failure, raises ProviderUnavailable at once, without calling `work`. Otherwise raises
    whatever `work` raises. Without PASSKEY_LOCAL_FALLBACK there is no pause: each request tries the provider.
    """
    if not _is_guarded(provider):
        return work(provider)
    was_down = is_down(provider)
    if was_down and not cache.add(_pause_key(provider), 1, provider.pause_after_failure):
        raise ProviderUnavailable(f"{provider.identity} is down and is not called again for a moment")
    try:
        result = work(provider)
    except ProviderUnavailable:
        _found_down(provider)
        raise
    except PasskeyError:  # a provider that refuses is up
        _found_up(provider, was_down)
        raise
    _found_up(provider, was_down)
    return result


def call_or_fall_back(
    provider: BaseProvider, work: Callable[[BaseProvider], Result]
) -> tuple[BaseProvider, Result]:
    """Like `call`, but if the provider is down and PASSKEY_LOCAL_FALLBACK is on, the local provider does the work.

    Also returns the provider that did the work.
    """
    try:
        return provider, call(provider, work)
    except ProviderUnavailable as exc:
        if not _is_guarded(provider):
            raise
        logger.info("This site verifies passkeys itself, without %s: %s", provider.identity, exc)
    return local_provider(), work(local_provider())


def is_down(provider: BaseProvider) -> bool:
    """Was the provider found down, and not yet up again? Always False without PASSKEY_LOCAL_FALLBACK."""
    return _is_guarded(provider) and cache.get(_down_key(provider)) is not None


def _is_guarded(provider: BaseProvider) -> bool:
    return provider.keeps_copies and passkey_settings.local_fallback


def _found_down(provider: BaseProvider) -> None:
    cache.set(_pause_key(provider), 1, provider.pause_after_failure)
    if cache.add(_down_key(provider), 1, REMEMBER_DOWN):
        logger.error("%s is down: this site verifies passkeys itself until the provider is up", provider.identity)
        provider_state_changed.send(sender=type(provider), provider=provider, is_up=False)


def _found_up(provider: BaseProvider, was_down: bool) -> None:
    if was_down and cache.delete(_down_key(provider)):
        cache.delete(_pause_key(provider))
        logger.warning("%s is up again", provider.identity)
        provider_state_changed.send(sender=type(provider), provider=provider, is_up=True)


def _down_key(provider: BaseProvider) -> str:
    return f"passkeys_django.down.{_digest(provider)}"


def _pause_key(provider: BaseProvider) -> str:
    return f"passkeys_django.pause.{_digest(provider)}"


def _digest(provider: BaseProvider) -> str:
    """The identity as a hash, because an identity may contain characters that a cache key must not."""
    return hashlib.sha256(provider.identity.encode()).hexdigest()
