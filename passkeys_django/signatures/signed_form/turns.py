"""Requests with the same answer run one after another: the second one finds what the first one has stored."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from ...cache import cache
from ...ceremonies.cookies import challenge_digest

LONGEST = 30
"""Seconds after which a turn ends by itself, if its process has died."""
WAIT = 10.0
"""Seconds that a request waits for its turn."""
POLL = 0.05


@contextmanager
def turn(challenge: str) -> Iterator[None]:
    """Wait while another request with this challenge runs, as far as the processes share Django's cache.

    A service confirms each challenge only once, so a second request would be refused while the first one is not
    stored yet. If the cache is down, nobody waits: then only the unique challenge in the database decides.
    """
    key = f"passkeys_django.signing.{challenge_digest(challenge)}"
    deadline = time.monotonic() + WAIT
    while not (is_mine := cache.add(key, 1, LONGEST)) and cache.get(key) and time.monotonic() < deadline:
        time.sleep(POLL)
    try:
        yield
    finally:
        if is_mine:
            cache.delete(key)
