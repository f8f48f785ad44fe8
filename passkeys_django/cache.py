"""Django's cache, wrapped so that a cache server that is down counts as an empty cache.

No login is refused because the cache is down. The cache holds limits, which provider is down, a provider's public
keys, and which challenges were answered (the rows of the passkeys have these, too).
"""

import logging
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.core.cache import BaseCache, caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from .conf import MadeOfSetting

PAUSE = 5.0
"""Seconds for which a failed cache is not asked again, so that not every request waits for a time-out."""
WARN_EVERY = 60.0
"""Seconds between two warnings of one process."""
_EMPTY = DummyCache("", {})
_COUNTING = ("add", "get", "incr")
"""The methods that count. A site that has changed one of them gets its own way."""
logger = logging.getLogger("passkeys_django")
Answer = TypeVar("Answer")


class Counter(NamedTuple):
    """A count in the cache. The time-out, in seconds, begins when something is counted for the first time."""

    key: str
    timeout: int
    is_read_only: bool = False


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

    def count_all(self, counters: Sequence[Counter]) -> list[int]:
        """Count each of the counters once more, but not those that are only read. Return their counts, in order.

        Django's Redis cache is asked for all of them in one round trip, other caches for one after another.
        """
        return self._ask(lambda backend: _count_all(backend, counters)) if counters else []

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


def _count_all(backend: BaseCache, counters: Sequence[Counter]) -> list[int]:
    if isinstance(backend, RedisCache) and (client := _lasting_client()):
        return _count_in_redis(client, backend, counters)
    return [_count(backend, counter) for counter in counters]


def _count(backend: BaseCache, counter: Counter) -> int:
    if counter.is_read_only:
        return int(backend.get(counter.key, 0))
    if backend.add(counter.key, 1, counter.timeout):
        return 1
    try:
        return _increase(backend, counter)
    except ValueError:  # the key expired in between
        return 1


def _increase(backend: BaseCache, counter: Counter) -> int:
    """One more of a key that is there. Raises ValueError if the key has expired.

    The caches in files and in a database would give the key the time-out of all other entries: the counts of an
    hour or a day would end after five minutes.
    """
    count = backend.incr(counter.key)
    if _has_djangos_own(backend, BaseCache, "incr"):
        backend.touch(counter.key, counter.timeout)
    return count


def _count_in_redis(client: Any, backend: RedisCache, counters: Sequence[Counter]) -> list[int]:
    """Count as `_count` does, in one round trip. The values are plain numbers, as Django's own are.

    A key that expires between SET and INCR would stay for ever. The callers' keys do not: they are counted only
    while they have half a minute to live.
    """
    pipeline = client.pipeline(transaction=False)
    keys = [backend.make_and_validate_key(counter.key) for counter in counters]
    for key, counter in zip(keys, counters, strict=True):
        if not counter.is_read_only:
            pipeline.set(key, 0, ex=counter.timeout, nx=True)
    for key, counter in zip(keys, counters, strict=True):
        ask = pipeline.get if counter.is_read_only else pipeline.incr
        ask(key)
    return [int(answer or 0) for answer in pipeline.execute()[-len(counters) :]]


def _make_client() -> Any:
    """A client for the server that is written to. None if the site has changed how Django asks Redis."""
    backend: Any = caches["default"]
    if not (
        _has_djangos_own(backend, RedisCache, *_COUNTING)
        and _has_djangos_own(backend._cache, RedisCacheClient, *_COUNTING, "get_client")
    ):
        return None
    client = backend._cache.get_client(write=True)
    if type(client.connection_pool) is backend._cache._lib.ConnectionPool:
        # Django has a pool for each thread, which needs one connection. This pool needs one for each busy thread.
        client.connection_pool.max_connections = sys.maxsize
    return client


def _has_djangos_own(owner: object, kind: type[object], *names: str) -> bool:
    return all(getattr(type(owner), name) is getattr(kind, name) for name in names)


_lasting_client = MadeOfSetting(lambda: settings.CACHES, _make_client)
"""One client for all threads of this process. Django makes a new client for each operation.

The client's pool opens connections anew in a process that was forked.
"""
cache = ForgivingCache()
