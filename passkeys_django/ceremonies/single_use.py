"""Single use of challenges without a table of them.

A passkey (for logins) and a user handle (for registrations) each remember the challenges that they answered
as `[issued_at, digest]`, `issued_at` in microseconds, until no cookie of that age is accepted any more.
Writing the list back with a compare-and-set makes a challenge single use on any number of machines.

That list is the passkey's own, and does not stop two passkeys from answering one challenge, one each. `claim`
stops them, as far as the processes share Django's cache.
"""

from bisect import insort

from ..cache import cache
from ..exceptions import CeremonyExpired, CeremonyUsed

Spent = list[tuple[int, str]]
"""JSON gives the pairs back as lists."""

MAX_AGE = 11 * 60 * 1_000_000
"""Microseconds. A cookie is accepted for ten minutes and 30 s of clock skew."""
MAX_ENTRIES = 64


def add_spent(spent: Spent, *, issued_at: int, digest: str, now: int) -> Spent:
    """Return `spent`, which is in order, with one more challenge in it. Times are microseconds since the epoch.

    Raises CeremonyUsed if the challenge is in it, and CeremonyExpired if it may have been but is no longer
    remembered: when the list is full, the earliest issued goes, and nothing as old as the earliest comes in.
    """
    if any(spent_digest == digest for _, spent_digest in spent):
        raise CeremonyUsed("the challenge was answered before")
    kept = [(at, spent_digest) for at, spent_digest in spent if at > now - MAX_AGE]
    if len(kept) >= MAX_ENTRIES and issued_at <= kept[0][0]:
        raise CeremonyExpired(f"older than the last {MAX_ENTRIES} challenges that were answered")
    insort(kept, (issued_at, digest))
    return kept[-MAX_ENTRIES:]


def claim(digest: str) -> None:
    """Take the challenge for the passkey that has just answered it, once its signature was verified.

    Raises CeremonyUsed if any passkey has taken it before. A dead cache has no memory: then the passkey's own list
    decides alone.
    """
    if not cache.add(f"passkeys_django.answered.{digest}", 1, MAX_AGE // 1_000_000):
        raise CeremonyUsed("the challenge was answered before, maybe by another passkey")
