"""What happens while a provider is down: with PASSKEY_LOCAL_FALLBACK, the site goes on with its own public keys.

A provider found down is left alone for a while, which every process learns from Django's cache, so that no login
waits for a time-out that others have had already. Then one request at a time tries it again.
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
"""Seconds. An outage that nobody noticed the end of for so long is forgotten."""
logger = logging.getLogger("passkeys_django")
Result = TypeVar("Result")


def call(provider: BaseProvider, work: Callable[[BaseProvider], Result]) -> Result:
    """`work(provider)`, unless the provider is down; its outcome tells whether it is.

    Raises ProviderUnavailable at once while the provider is left alone, and whatever `work` raises. Without local
    fallback there is nothing to go on with, so each request tries anew.
    """
    if not _is_guarded(provider):
        return work(provider)
    was_down = is_down(provider)
    if was_down and not cache.add(_pause_key(provider), 1, provider.pause_after_failure):
        raise ProviderUnavailable(f"{provider.identity} is down and left alone for a moment")
    try:
        result = work(provider)
    except ProviderUnavailable:
        _found_down(provider)
        raise
    except PasskeyError:  # whoever refuses is there
        _found_up(provider, was_down)
        raise
    _found_up(provider, was_down)
    return result


def call_or_fall_back(
    provider: BaseProvider, work: Callable[[BaseProvider], Result]
) -> tuple[BaseProvider, Result]:
    """As `call`, but if the provider is down and PASSKEY_LOCAL_FALLBACK is on, the local one does the work.

    Also returns who did it.
    """
    try:
        return provider, call(provider, work)
    except ProviderUnavailable as exc:
        if not _is_guarded(provider):
            raise
        logger.info("Passkeys go on without %s: %s", provider.identity, exc)
    return local_provider(), work(local_provider())


def is_down(provider: BaseProvider) -> bool:
    """Was the provider found down and not up again since? Always False without local fallback."""
    return _is_guarded(provider) and cache.get(_down_key(provider)) is not None


def _is_guarded(provider: BaseProvider) -> bool:
    return provider.keeps_copies and passkey_settings.local_fallback


def _found_down(provider: BaseProvider) -> None:
    cache.set(_pause_key(provider), 1, provider.pause_after_failure)
    if cache.add(_down_key(provider), 1, REMEMBER_DOWN):
        logger.error("%s is down: passkeys are verified here until it is up again", provider.identity)
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
    """An identity may hold what a cache key may not."""
    return hashlib.sha256(provider.identity.encode()).hexdigest()
