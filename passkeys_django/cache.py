"""Django's cache, for which a dead server is an empty cache.

Nothing that we keep there is worth a refused login: limits, who is down, a provider's public keys, and which
challenges were answered, which the rows of the passkeys know too.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import BaseCache, caches
from django.core.cache.backends.dummy import DummyCache

PAUSE = 5.0
"""Seconds that a cache which failed is left alone, so that not every request waits for the same time-out."""
WARN_EVERY = 60.0
"""Seconds between two warnings of a process."""
_EMPTY = DummyCache("", {})
logger = logging.getLogger("passkeys_django")
Answer = TypeVar("Answer")


class ForgivingCache:
    """The default cache. Time-outs are in seconds; no method raises what its backend may."""

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
        """How often this key was counted, now included; its time-out begins with the first."""
        return self._ask(lambda backend: _count(backend, key, timeout))

    def _ask(self, question: Callable[[BaseCache], Answer]) -> Answer:
        """What the cache answers, or an empty one in its place."""
        backend = caches["default"]  # one that does not exist is a mistake in CACHES, and raises
        if time.monotonic() >= self._left_alone_until:
            try:
                return question(backend)
            except Exception as exc:  # noqa: BLE001  # each backend has errors of its own
                self._leave_alone(exc)
        return question(_EMPTY)

    def _leave_alone(self, error: Exception) -> None:
        now = time.monotonic()
        self._left_alone_until = now + PAUSE
        if now >= self._warn_from:
            self._warn_from = now + WARN_EVERY
            kind = f"{type(error).__module__}.{type(error).__qualname__}"  # its text might hold a password
            logger.warning("The cache does not answer (%s): passkeys go on without it, and without limits", kind)


def _count(backend: BaseCache, key: str, timeout: float) -> int:
    if backend.add(key, 1, timeout):
        return 1
    try:
        return backend.incr(key)
    except ValueError:  # gone in between
        return 1


cache = ForgivingCache()
