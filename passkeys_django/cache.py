"""Django's cache, for which a dead server is an empty cache.

Nothing that we keep there is worth a refused login: limits, who is down, and a provider's public keys.
"""

import logging
import time
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache

PAUSE = 5.0
"""Seconds that a cache which failed is left alone, so that not every request waits for the same time-out."""
WARN_EVERY = 60.0
"""Seconds between two warnings of a process."""
_EMPTY = DummyCache("", {})
logger = logging.getLogger("passkeys_django")


class ForgivingCache:
    """The default cache. Time-outs are in seconds; no method raises what its backend may."""

    def __init__(self) -> None:
        self._left_alone_until = 0.0
        self._warn_from = 0.0

    def get(self, key: str, default: Any = None) -> Any:
        return self._ask("get", key, default)

    def set(self, key: str, value: Any, timeout: float | None) -> None:
        self._ask("set", key, value, timeout)

    def add(self, key: str, value: Any, timeout: float | None) -> bool:
        return bool(self._ask("add", key, value, timeout))

    def delete(self, key: str) -> bool:
        return bool(self._ask("delete", key))

    def count(self, key: str, timeout: float) -> int:
        """How often this key was counted, now included; its time-out begins with the first."""
        if self.add(key, 1, timeout):
            return 1
        try:
            return int(self._ask("incr", key))
        except ValueError:  # gone in between
            return 1

    def _ask(self, operation: str, *arguments: Any) -> Any:
        """What the cache says, or an empty one in its place."""
        backend = caches["default"]  # one that does not exist is a mistake in CACHES, and raises
        if time.monotonic() >= self._left_alone_until:
            try:
                return getattr(backend, operation)(*arguments)
            except Exception as exc:  # each backend has errors of its own
                if operation == "incr" and isinstance(exc, ValueError):  # no error: there is no such key
                    raise
                self._leave_alone(exc)
        return getattr(_EMPTY, operation)(*arguments)

    def _leave_alone(self, error: Exception) -> None:
        now = time.monotonic()
        self._left_alone_until = now + PAUSE
        if now >= self._warn_from:
            self._warn_from = now + WARN_EVERY
            kind = f"{type(error).__module__}.{type(error).__qualname__}"  # its text might hold a password
            logger.warning("The cache does not answer (%s): passkeys go on without it, and without limits", kind)


cache = ForgivingCache()
