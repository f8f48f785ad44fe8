"""The keys that a tenant signs its tokens with, kept in a cache that all processes share."""

import hashlib
import time
from collections.abc import Callable
from typing import Any, Protocol

from ..exceptions import HankoError, HankoProtocolError, HankoUnknownKey
from ..transport import guards
from ..types import JSONWebKey

FRESH = 600  # seconds in which the keys are not asked for again, as the server's max-age says
STALE = 24 * 60 * 60  # seconds in which old keys serve while the endpoint fails; then a withdrawn key is dead
COOLDOWN = 30  # seconds without another fetch after one that failed or did not find the key; also a lock's life
WAIT = 2.0  # seconds that a lookup waits for somebody else's fetch
POLL = 0.05  # seconds between two looks
MIN_MODULUS = 2048  # bits

_FETCHING, _COOLING = "fetching", "cooling"  # values of the lock
_MEMBERS = ("kty", "kid", "n", "e", "use", "alg")


class Cache(Protocol):
    """What we need of a cache; Django's are of this shape. Time-outs are in seconds, 0 removes."""

    def get(self, key: str, default: Any = None) -> Any: ...

    def set(self, key: str, value: Any, timeout: float | None) -> None: ...

    def add(self, key: str, value: Any, timeout: float | None) -> bool: ...


class KeySet:
    """The usable keys behind one URL. `fetch` gets them, `url` names them in the cache.

    Hanko changes its signing key without notice (contract trap 16): an unknown key id is worth one fetch. One
    process fetches, the others wait for its result or go on with what they have.
    """

    def __init__(self, *, fetch: Callable[[], list[JSONWebKey]], cache: Cache, url: str) -> None:
        self._fetch = fetch
        self._cache = cache
        self._name = f"passkeys_django.hanko.jwks:{hashlib.sha256(url.encode()).hexdigest()}"
        self._lock = f"{self._name}:lock"

    def key(self, kid: str) -> JSONWebKey:
        """The key of exactly this id.

        Raises HankoUnknownKey, or the transport's or the API's error if a fetch was needed and failed.
        """
        known, age = self._stored()
        if kid in known and age < FRESH:
            return known[kid]
        if self._cache.add(self._lock, _FETCHING, COOLDOWN):
            return self._fetched(kid, known)
        if kid in known:
            return known[kid]
        return self._awaited(kid)

    def _fetched(self, kid: str, known: dict[str, JSONWebKey]) -> JSONWebKey:
        """Fetch, store, answer. The lock stays, as a cooldown, where another fetch would be no use."""
        try:
            keys = usable(self._fetch())
        except HankoError:
            self._unlock(cooling=kid in known)
            if kid in known:
                return known[kid]
            raise
        self._cache.set(self._name, {"fetched_at": time.time(), "keys": list(keys.values())}, STALE)
        self._unlock(cooling=kid not in keys)
        if kid not in keys:
            raise HankoUnknownKey("the key set has no usable key of this id")
        return keys[kid]

    def _awaited(self, kid: str) -> JSONWebKey:
        """Somebody else fetches, or has just done so. If nothing comes of it, fetch rather than fail."""
        deadline = time.monotonic() + WAIT
        while self._cache.get(self._lock) == _FETCHING and time.monotonic() < deadline:
            time.sleep(POLL)
        known, _age = self._stored()
        if kid in known:
            return known[kid]
        if known and self._cache.get(self._lock) == _COOLING:
            raise HankoUnknownKey("the key set, fetched a moment ago, has no usable key of this id")
        return self._fetched(kid, known)

    def _unlock(self, *, cooling: bool) -> None:
        self._cache.set(self._lock, _COOLING, COOLDOWN if cooling else 0)

    def _stored(self) -> tuple[dict[str, JSONWebKey], float]:
        """The keys in the cache and their age in seconds; none if they are too old or not ours."""
        match self._cache.get(self._name):
            case {"fetched_at": int() | float() as fetched_at, "keys": list() as keys}:
                age = abs(time.time() - fetched_at)  # another machine's clock may be ahead
                if age < STALE:
                    return {key["kid"]: key for key in keys}, age
        return {}, STALE


def usable(keys: list[JSONWebKey]) -> dict[str, JSONWebKey]:
    """Those that can verify a token, by id. None at all is an error, so that such a set does not replace a good
    one. Raises HankoProtocolError."""
    found = {key["kid"]: _public(key) for key in keys if _is_usable(key)}
    if not found:
        raise HankoProtocolError("the key set has no usable key")
    return found


def _public(key: JSONWebKey) -> JSONWebKey:
    return {name: value for name, value in key.items() if name in _MEMBERS}  # type: ignore[return-value]


def _is_usable(key: Any) -> bool:
    """RSA, for signatures, RS256, with an id and at least 2048 bit (RFC 8725, sections 3.4 and 3.5)."""
    return (
        key.get("kty") == "RSA"
        and key.get("use") in (None, "sig")
        and key.get("alg") in (None, "RS256")
        and isinstance(key.get("kid"), str)
        and isinstance(key.get("e"), str)
        and _bits(key.get("n")) >= MIN_MODULUS
    )


def _bits(modulus: Any) -> int:
    try:
        return int.from_bytes(guards.decode("n", modulus)).bit_length()
    except (ValueError, AttributeError):
        return 0
