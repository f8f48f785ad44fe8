"""Django's cache, wrapped so that a cache server that is down counts as an empty cache.

No login is refused because the cache is down. The cache holds limits, which provider is down, a provider's public
keys, and which challenges were answered (the rows of the passkeys have these, too).
"""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import BaseCache, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

PAUSE = 5.0
"""Seconds for which a failed cache is not asked again, so that not every request waits for a time-out."""
WARN_EVERY = 60.0
"""Seconds between two warnings of one process."""
_EMPTY = DummyCache("", {})
logger = logging.getLogger("passkeys_django")
Answer = TypeVar("Answer")


class ForgivingCache:
    """The default cache. Time-outs are in seconds; no method raises the errors of the backend."""

    def __init__(self) -> None:
        self._left_alone_until = 0.0
        self._warn_from = 0.0

    def get(self, key: str, default: Any = None) -> Any:
        return self._ask(lambda backend: backend.get(key, default))

    def set(self, key: str, value: Any, timeout: float | None) -> None:
        self._ask(lambda backend: backend.set(key, value, timeout))

    def add(self, key: str, value: Any, timeout: float | None) -> bool:
        return self._ask(lambda backend: backend.add(key, value, timeout))

    def delete(self, key: str) -> bool:
        return self._ask(lambda backend: backend.delete(key))

    def count(self, key: str, timeout: float) -> int:
        """Count this key once more, and return the count. The time-out begins with the first count."""
        return self._ask(lambda backend: _count(backend, key, timeout))

    def _ask(self, question: Callable[[BaseCache], Answer]) -> Answer:
        """The answer of the cache, or of an empty cache while the cache is down."""
        backend = caches["default"]  # raises for a mistake in CACHES
        if time.monotonic() >= self._left_alone_until:
            try:
                return question(backend)
            except Exception as exc:  # noqa: BLE001  # each backend has its own errors
                self._leave_alone(exc)
        return question(_EMPTY)

    def _leave_alone(self, error: Exception) -> None:
        now = time.monotonic()
        self._left_alone_until = now + PAUSE
        if now >= self._warn_from:
            self._warn_from = now + WARN_EVERY
            kind = f"{type(error).__module__}.{type(error).__qualname__}"  # the error's text might hold a password
            logger.warning("The cache does not answer (%s): passkeys keep working, but without limits", kind)


def is_shared(backend: BaseCache) -> bool:
    """Do all processes of the site see the same entries? False for Django's caches of one process, and of none."""
    return not isinstance(backend, DummyCache | LocMemCache)


def _count(backend: BaseCache, key: str, timeout: float) -> int:
    if backend.add(key, 1, timeout):
        return 1
    try:
        return backend.incr(key)
    except ValueError:  # the key expired in between
        return 1


cache = ForgivingCache()
