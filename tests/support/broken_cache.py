"""A cache whose server is dead, and that may be a cause of worse."""

from django.core.cache.backends.base import BaseCache

BROKEN = {"default": {"BACKEND": "tests.support.broken_cache.BrokenCache"}}


class CacheDown(Exception):
    """What a client library raises: of no kind that anybody could know beforehand."""


class BrokenCache(BaseCache):
    """Raises on every operation, and counts them."""

    def __init__(self, _location, params):
        super().__init__(params)
        self.asked = 0

    def _raise(self, *_args, **_kwargs):
        self.asked += 1
        raise CacheDown("redis://:topsecret@cache.example")

    add = get = set = touch = delete = incr = decr = has_key = clear = get_many = set_many = _raise
