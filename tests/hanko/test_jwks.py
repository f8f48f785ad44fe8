"""The key set: few fetches, no refused login while keys rotate, and service while the endpoint fails."""

import threading
import time
from typing import Any

import pytest
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

from passkeys_django.hanko import HankoConnectionError, HankoProtocolError, HankoUnknownKey, KeySet
from passkeys_django.hanko.public_api import jwks

URL = "https://passkeys.hanko.io/t/.well-known/jwks.json"
MODULUS = "_" * 342  # 2052 bit


def web_key(kid: str, **changes: Any) -> dict[str, Any]:
    key = {"kty": "RSA", "kid": kid, "n": MODULUS, "e": "AQAB", "use": "sig", "alg": "RS256", **changes}
    return {name: value for name, value in key.items() if value is not None}


class Endpoint:
    """Serves keys, or raises; counts."""

    def __init__(self, *kids: str) -> None:
        self.keys: Any = [web_key(kid) for kid in kids]
        self.fetches = 0
        self.delay = 0.0
        self.error: Exception | None = None

    def __call__(self) -> Any:
        self.fetches += 1
        time.sleep(self.delay)  # The endpoint is slow, so that threads meet. If they do not, the tests still pass.
        if self.error is not None:
            raise self.error
        return self.keys


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def cache(request):
    found = LocMemCache(request.node.nodeid, {})
    yield found
    found.clear()


@pytest.fixture
def clock(monkeypatch):
    """Moves our clock and the cache's."""
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture
def endpoint():
    return Endpoint("one")


@pytest.fixture
def keys(endpoint, cache):
    return KeySet(fetch=endpoint, cache=cache, url=URL)


def in_threads(number: int, work: Any) -> list[Any]:
    results: list[Any] = []

    def run(index: int) -> None:
        try:
            results.append(work(index))
        except Exception as exc:  # noqa: BLE001
            results.append(exc)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_key_is_fetched_once_for_all_processes(endpoint, cache):
    for _process in range(4):
        key = KeySet(fetch=endpoint, cache=cache, url=URL).key("one")
        assert key == web_key("one")
    assert endpoint.fetches == 1


def test_keys_are_fresh_for_ten_minutes(endpoint, keys, clock):
    keys.key("one")
    clock.now += jwks.FRESH - 1
    keys.key("one")
    assert endpoint.fetches == 1
    clock.now += 2
    keys.key("one")
    keys.key("one")
    assert endpoint.fetches == 2


def test_j2_two_tenants_do_not_share_keys(endpoint, cache):
    KeySet(fetch=endpoint, cache=cache, url=URL).key("one")
    other = Endpoint("two")
    with pytest.raises(HankoUnknownKey):
        KeySet(fetch=other, cache=cache, url=URL.replace("/t/", "/u/")).key("one")
    assert other.fetches == 1


def test_j2_what_the_cache_holds_is_plain_and_public(endpoint, cache, keys):
    endpoint.keys = [web_key("one", x5u="https://elsewhere.example", d="private")]
    keys.key("one")
    (name,) = {key for key in cache._cache if not key.endswith(":lock")}
    assert set(cache.get(name.removeprefix(":1:"))) == {"fetched_at", "keys"}
    assert keys.key("one") == web_key("one")


def test_trap_16_a_new_key_is_found_by_one_fetch(endpoint, keys):
    keys.key("one")
    endpoint.keys.append(web_key("two"))
    assert keys.key("two")["kid"] == "two"
    assert endpoint.fetches == 2
    endpoint.keys.append(web_key("three"))
    assert keys.key("three")["kid"] == "three"  # at once: the refresh before found what it was for


def test_j4_unknown_keys_cost_one_fetch_in_thirty_seconds(endpoint, keys, clock):
    keys.key("one")
    for number in range(50):
        with pytest.raises(HankoUnknownKey):
            keys.key(f"unknown-{number}")
    assert endpoint.fetches == 2
    clock.now += jwks.COOLDOWN + 1
    with pytest.raises(HankoUnknownKey):
        keys.key("unknown")
    assert endpoint.fetches == 3
    assert keys.key("one")["kid"] == "one"


def test_j4_a_withdrawn_key_is_gone_after_the_next_fetch(endpoint, keys, clock):
    keys.key("one")
    endpoint.keys = [web_key("two")]
    clock.now += jwks.FRESH + 1
    with pytest.raises(HankoUnknownKey):
        keys.key("one")


def test_j16_stale_keys_serve_while_the_endpoint_fails_with_few_fetches(endpoint, keys, clock):
    keys.key("one")
    endpoint.error = HankoConnectionError("down")
    clock.now += jwks.FRESH + 1
    for _ in range(5):
        assert keys.key("one")["kid"] == "one"
    assert endpoint.fetches == 2
    clock.now += jwks.COOLDOWN + 1
    keys.key("one")
    assert endpoint.fetches == 3


def test_j16_stale_keys_are_dead_after_a_day(endpoint, keys, clock):
    keys.key("one")
    endpoint.error = HankoConnectionError("down")
    clock.now += jwks.STALE + 1
    with pytest.raises(HankoConnectionError):
        keys.key("one")


def test_a_stale_entry_that_the_cache_kept_too_long_is_dead(endpoint, keys, clock, monkeypatch):
    keys.key("one")
    endpoint.error = HankoConnectionError("down")
    clock.now += 1000
    monkeypatch.setattr(jwks, "STALE", 900)
    with pytest.raises(HankoConnectionError):
        keys.key("one")


def test_a_failed_fetch_for_an_unknown_key_is_that_failure_and_tried_again(endpoint, keys):
    keys.key("one")
    endpoint.error = HankoConnectionError("down")
    for _ in range(2):
        with pytest.raises(HankoConnectionError):
            keys.key("two")
    assert endpoint.fetches == 3


def test_a_cold_cache_recovers_as_soon_as_the_endpoint_does(endpoint, keys):
    endpoint.error = HankoConnectionError("down")
    with pytest.raises(HankoConnectionError):
        keys.key("one")
    endpoint.error = None
    assert keys.key("one")["kid"] == "one"


def test_a_clock_that_is_ahead_elsewhere_makes_nothing_stale(endpoint, keys, clock):
    keys.key("one")
    clock.now -= 5
    keys.key("one")
    assert endpoint.fetches == 1


@pytest.mark.parametrize("rubbish", ["text", {"keys": []}, {"fetched_at": "now", "keys": []}, {"fetched_at": 1.0}])
def test_rubbish_in_the_cache_is_a_cold_cache(endpoint, cache, keys, rubbish):
    cache.set(keys._name, rubbish, 60)
    assert keys.key("one")["kid"] == "one"


# Many at once


def test_many_on_a_cold_cache_fetch_once(endpoint, keys, monkeypatch):
    monkeypatch.setattr(jwks, "POLL", 0.01)
    endpoint.delay = 0.1
    assert in_threads(8, lambda _index: keys.key("one")["kid"]) == ["one"] * 8
    assert endpoint.fetches == 1


def test_many_with_a_new_key_fetch_once_and_none_is_refused(endpoint, keys, monkeypatch):
    monkeypatch.setattr(jwks, "POLL", 0.01)
    keys.key("one")
    endpoint.keys.append(web_key("two"))
    endpoint.delay = 0.1
    assert in_threads(8, lambda _index: keys.key("two")["kid"]) == ["two"] * 8
    assert endpoint.fetches == 2


def test_many_unknown_keys_at_once_fetch_once(endpoint, keys, monkeypatch):
    monkeypatch.setattr(jwks, "POLL", 0.01)
    keys.key("one")
    endpoint.delay = 0.1
    results = in_threads(8, lambda index: keys.key(f"unknown-{index}"))
    assert {type(result) for result in results} == {HankoUnknownKey}
    assert endpoint.fetches == 2


def test_while_one_refreshes_the_others_go_on_with_what_they_have(endpoint, cache, keys, clock):
    keys.key("one")
    clock.now += jwks.FRESH + 1
    cache.add(keys._lock, jwks._FETCHING, 30)
    assert keys.key("one")["kid"] == "one"
    assert endpoint.fetches == 1


def test_a_lock_whose_holder_died_does_not_stop_a_cold_cache(endpoint, cache, keys, monkeypatch):
    monkeypatch.setattr(jwks, "WAIT", 0.05)
    cache.add(keys._lock, jwks._FETCHING, 30)
    assert keys.key("one")["kid"] == "one"
    assert endpoint.fetches == 1


def test_a_holder_that_failed_lets_the_waiting_fetch_at_once(endpoint, cache, keys, monkeypatch):
    monkeypatch.setattr(jwks, "POLL", 0.01)
    monkeypatch.setattr(jwks, "WAIT", 60)
    cache.add(keys._lock, jwks._FETCHING, 60)
    release = threading.Timer(0.05, cache.set, (keys._lock, jwks._COOLING, 0))
    release.start()
    began = time.monotonic()
    assert keys.key("one")["kid"] == "one"
    assert time.monotonic() - began < 30
    release.join()


def test_a_cold_cache_is_not_refused_by_a_cooldown(endpoint, cache, keys):
    cache.set(keys._lock, jwks._COOLING, 30)
    assert keys.key("one")["kid"] == "one"


def test_a_cache_that_stores_nothing_costs_fetches_and_no_login(endpoint):
    keys = KeySet(fetch=endpoint, cache=DummyCache("", {}), url=URL)
    for _ in range(3):
        assert keys.key("one")["kid"] == "one"
    assert endpoint.fetches == 3
    with pytest.raises(HankoUnknownKey):
        keys.key("two")


# Usable keys


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "EC"},
        {"kty": None},
        {"use": "enc"},
        {"alg": "HS256"},
        {"alg": "PS256"},
        {"kid": 7},
        {"e": None},
        {"n": None},
        {"n": 7},
        {"n": "not base64!"},
        {"n": "_" * 300},
        {"n": "AA" + "_" * 340},
    ],
)
def test_j3_keys_that_cannot_sign_a_token_are_left_out(endpoint, keys, changes):
    endpoint.keys = [web_key("one"), {**web_key("two"), **changes}]
    assert keys.key("one")["kid"] == "one"
    with pytest.raises(HankoUnknownKey):
        keys.key("two")


@pytest.mark.parametrize("absent", ["use", "alg"])
def test_j3_use_and_alg_may_be_absent(endpoint, keys, absent):
    endpoint.keys = [web_key("one", **{absent: None})]
    assert keys.key("one")["kid"] == "one"


def test_j3_a_set_without_a_usable_key_does_not_replace_a_good_one(endpoint, keys, clock):
    keys.key("one")
    endpoint.keys = []
    clock.now += jwks.FRESH + 1
    assert keys.key("one")["kid"] == "one"
    with pytest.raises(HankoProtocolError):
        KeySet(fetch=endpoint, cache=DummyCache("", {}), url=URL).key("one")


def test_a_recorded_key_is_usable(replay, cache):
    exchange = replay("jwks", "key set")
    (kid,) = (key["kid"] for key in exchange.response["body"]["keys"])
    assert KeySet(fetch=exchange.client.jwks, cache=cache, url=URL).key(kid)["alg"] == "RS256"
