"""Single use of challenges, without a table of challenges.

Each passkey (for logins) and each user handle (for registrations) remembers the challenges that it answered, as
`[issued_at, digest]` with `issued_at` in microseconds, until a cookie of that age is refused anyway. The list is
written back with a compare-and-set, so a challenge is single use on any number of machines.

Each passkey has its own list, so the lists do not stop two passkeys from answering the same challenge. `claim`
stops this, as far as the processes share Django's cache.
"""

from bisect import insort

from ..cache import Counter
from ..exceptions import CeremonyExpired, CeremonyUsed
from ..http.limits import Limit

Spent = list[tuple[int, str]]
"""JSON gives the pairs back as lists."""

MAX_AGE = 11 * 60 * 1_000_000
"""Microseconds. A cookie is accepted for ten minutes and 30 s of clock skew."""
MAX_ENTRIES = 64


def add_spent(spent: Spent, *, issued_at: int, digest: str, now: int) -> Spent:
    """Return the sorted list `spent` plus this challenge. Times are microseconds since the epoch.

    Raises CeremonyUsed if `spent` contains the challenge. A full list drops the challenge that was issued first,
    so it cannot tell whether a challenge as old as its first one was answered: then this raises CeremonyExpired.
    """
    if any(spent_digest == digest for _, spent_digest in spent):
        raise CeremonyUsed("the challenge was answered before")
    kept = [(at, spent_digest) for at, spent_digest in spent if at > now - MAX_AGE]
    if len(kept) >= MAX_ENTRIES and issued_at <= kept[0][0]:
        raise CeremonyExpired(f"the challenge is older than the last {MAX_ENTRIES} that were answered")
    insort(kept, (issued_at, digest))
    return kept[-MAX_ENTRIES:]


def claim(digest: str) -> Limit:
    """The limit of one answer to this challenge, for `enforce` after the signature was verified.

    CeremonyUsed is raised if any passkey has claimed the challenge before. If the cache is down, it remembers
    nothing: then only the passkey's own list decides.
    """
    return Limit(
        counter=Counter(f"passkeys_django.answered.{digest}", MAX_AGE // 1_000_000),
        most=1,
        error=lambda: CeremonyUsed("the challenge was answered before, maybe by another passkey"),
    )
