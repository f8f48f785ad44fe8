"""The public keys for a tenant's tokens, kept in a cache that all processes share."""

import hashlib
import time
from collections.abc import Callable
from typing import Any, Protocol

from ..exceptions import HankoError, HankoProtocolError, HankoUnknownKey
from ..transport import guards
from ..types import JSONWebKey

FRESH = 600  # seconds during which the keys are not fetched again; the server's max-age
STALE = 24 * 60 * 60  # seconds that old keys are used while fetches fail; the longest life of a withdrawn key
COOLDOWN = 30  # seconds without a fetch after one that failed or did not find the key; also the life of the lock
WAIT = 2.0  # seconds that a lookup waits for another process's fetch
POLL = 0.05  # seconds between two looks at the lock
MIN_MODULUS = 2048  # bits

_FETCHING, _COOLING = "fetching", "cooling"  # values of the lock
_MEMBERS = ("kty", "kid", "n", "e", "use", "alg")


class Cache(Protocol):
    """The methods that we need of a cache; Django's caches have them. Time-outs are in seconds, and 0 deletes."""

    def get(self, key: str, default: Any = None) -> Any: ...

    def set(self, key: str, value: Any, timeout: float | None) -> None: ...

    def add(self, key: str, value: Any, timeout: float | None) -> bool: ...


class KeySet:
    """The usable keys of one URL. `fetch` gets the keys, `url` names them in the cache.

    Hanko changes its signing key without notice (contract trap 16), so an unknown key id causes one fetch. Only
    one process fetches. The others use the keys that they have, or wait for the result.
    """

    def __init__(self, *, fetch: Callable[[], list[JSONWebKey]], cache: Cache, url: str) -> None:
        self._fetch = fetch
        self._cache = cache
        self._name = f"passkeys_django.hanko.jwks:{hashlib.sha256(url.encode()).hexdigest()}"
        self._lock = f"{self._name}:lock"

    def key(self, kid: str) -> JSONWebKey:
        """The key with exactly this id.

        Raises HankoUnknownKey. If a fetch is needed and fails, raises its HankoTransportError or HankoAPIError.
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
        """Fetch and store the keys, and return one. The lock stays (cooldown) if another fetch would not help."""
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
        """Wait for the fetch of another process. If that fetch does not bring the key, fetch ourselves."""
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
        """The keys in the cache and their age in seconds. No keys if they are too old or of an unknown form."""
        match self._cache.get(self._name):
            case {"fetched_at": int() | float() as fetched_at, "keys": list() as keys}:
                age = abs(time.time() - fetched_at)  # another machine's clock may be ahead
                if age < STALE:
                    return {key["kid"]: key for key in keys}, age
        return {}, STALE


def usable(keys: list[JSONWebKey]) -> dict[str, JSONWebKey]:
    """The keys that can verify a token, by id.

    Raises HankoProtocolError if there are none, so that such a set never replaces a good one.
    """
    found = {key["kid"]: _public(key) for key in keys if _is_usable(key)}
    if not found:
        raise HankoProtocolError("the key set has no usable key")
    return found


def _public(key: JSONWebKey) -> JSONWebKey:
    return {name: value for name, value in key.items() if name in _MEMBERS}  # type: ignore[return-value]


def _is_usable(key: Any) -> bool:
    """Is the key for RS256 signatures, with an id and at least 2048 bits (RFC 8725, sections 3.4 and 3.5)?"""
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
