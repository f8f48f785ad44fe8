"""A dead cache is an empty cache: no flow breaks, and one warning a minute tells."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
from django.core.cache import InvalidCacheBackendError, caches

from passkeys_django import cache as cache_module
from passkeys_django.cache import ForgivingCache, cache
from passkeys_django.models import Passkey
from passkeys_django.providers import failover, get_provider
from tests.conftest import Browser, refusal
from tests.support.broken_cache import BROKEN
from tests.support.waiting import wait_until

WARNING = (
    "The cache does not answer (tests.support.broken_cache.CacheDown): passkeys keep working, but without limits"
)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def _answering():
    """Whatever the test before has learned about its cache is forgotten."""
    yield
    cache.__init__()


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("passkeys_django.cache.time.monotonic", clock)
    return clock


@pytest.fixture
def broken(settings):
    """The default cache, dead."""
    settings.CACHES = BROKEN
    return caches["default"]


def use_all(cache):
    """What each method says, asked of a cache that holds nothing."""
    return [
        cache.get("key"),
        cache.get("key", "default"),
        cache.add("key", 1, 60),
        cache.set("key", 1, 60),
        cache.delete("key"),
        cache.count("counted", 60),
    ]


# The cache


def test_each_method_is_the_caches_own():
    assert cache.add("key", 1, 60) is True
    assert cache.add("key", 2, 60) is False
    assert cache.get("key") == caches["default"].get("key") == 1
    cache.set("key", 3, 60)
    assert cache.get("key") == 3
    assert cache.delete("key") is True
    assert cache.delete("key") is False
    assert cache.get("key", "none") == "none"


def test_it_counts_from_one():
    assert [cache.count("counted", 60) for _ in range(3)] == [1, 2, 3]
    assert cache.count("another", 60) == 1


def test_what_vanishes_between_two_operations_is_counted_anew_and_is_no_failure(monkeypatch, refusals_logged):
    monkeypatch.setattr(type(caches["default"]), "add", lambda *_args, **_kwargs: False)

    assert cache.count("evicted", 60) == 1
    assert refusals_logged() == []


def test_a_dead_cache_says_what_an_empty_one_says(broken, settings):
    dead = use_all(ForgivingCache())
    assert broken.asked == 1
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    assert dead == use_all(ForgivingCache()) == [None, "default", True, None, False, 1]


@pytest.mark.parametrize("operation", ["get", "add", "set", "delete", "count"])
def test_no_operation_raises(broken, operation):
    arguments = {"add": (1, 60), "set": (1, 60), "count": (60,)}.get(operation, ())

    getattr(ForgivingCache(), operation)("key", *arguments)

    assert broken.asked == 1


def test_a_dead_cache_is_left_alone_for_a_moment(broken, clock):
    cache = ForgivingCache()
    use_all(cache)
    clock.now += cache_module.PAUSE - 0.1
    use_all(cache)
    assert broken.asked == 1

    clock.now += 0.2
    use_all(cache)

    assert broken.asked == 2


def test_one_warning_a_minute_tells_without_a_secret(broken, clock, refusals_logged):
    cache = ForgivingCache()
    for _ in range(11):
        cache.get("key")
        clock.now += cache_module.PAUSE
    assert broken.asked == 11
    assert refusals_logged() == [WARNING]

    clock.now += cache_module.PAUSE
    cache.get("key")

    assert refusals_logged() == [WARNING, WARNING]


def test_it_is_used_again_when_it_answers(broken, clock, settings):
    cache = ForgivingCache()
    cache.set("key", 1, 60)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

    assert cache.get("key") is None
    clock.now += cache_module.PAUSE
    cache.set("key", 2, 60)

    assert cache.get("key") == 2


def test_a_mistake_in_the_settings_is_no_dead_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "no.such.Cache"}}

    with pytest.raises(InvalidCacheBackendError):
        cache.get("key")


# Every flow


@pytest.fixture
def limited(settings):
    """Limits that a second request would meet."""
    settings.PASSKEY_RATE_LIMITS = dict.fromkeys(
        ["start-login", "finalize-login", "start-registration", "finalize-registration", "accepted-credentials"],
        "1/d",
    )


def go_through_everything(user):
    """Register, sign in twice, fail once, list and remove. Returns the browser."""
    browser = Browser().sign_in(user)
    assert browser.register().status_code == 201
    assert browser.post("accepted-credentials").status_code == 200
    browser.client.logout()
    for _ in range(2):
        assert browser.login().status_code == 200
    assert refusal(browser.login(tamper_signature=True)) == (403, "login_failed")
    return browser


@pytest.mark.django_db
@pytest.mark.usefixtures("limited", "broken")
def test_no_embedded_flow_breaks(user, refusals_logged):
    browser = go_through_everything(user)

    assert browser.client.get("/passkeys/").status_code == 200
    assert browser.client.post(f"/passkeys/{Passkey.objects.get().pk}/remove/").status_code == 302
    assert refusals_logged().count(WARNING) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("limited", "broken")
def test_no_flow_at_hanko_breaks(hanko_site, user, refusals_logged):
    browser = go_through_everything(user)

    browser.client.post(f"/passkeys/{Passkey.objects.get().pk}/remove/")
    assert not Passkey.objects.exists()
    assert refusals_logged().count(WARNING) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("limited", "broken")
def test_the_fallback_works_without_knowing_who_is_down(hanko_site, user, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True
    browser = go_through_everything(user)
    hanko_site.faults.drop = True

    assert browser.login().status_code == 200
    assert Browser(browser.client).register().status_code == 201
    assert not failover.is_down(get_provider())
    hanko_site.faults.clear()
    assert browser.login().status_code == 200


# A real Redis


class RedisServer:
    """A process that one may kill, freeze and start again."""

    def __init__(self, program, folder):
        self.port = free_port()
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]

    def start(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_until(self._listens, "redis-server listens")

    def _listens(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def kill(self):
        self._process.kill()
        self._process.wait()

    def freeze(self):
        """It takes connections, and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def redis(tmp_path, settings):
    """A Redis server as the default cache."""
    program = shutil.which("redis-server")
    if program is None and not os.environ.get("CI"):
        pytest.skip("no redis-server on PATH")
    server = RedisServer(program, tmp_path)
    server.start()
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{server.port}",
            "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.3},
        }
    }
    yield server
    caches.close_all()
    server.kill()


@pytest.mark.django_db
@pytest.mark.parametrize("provider", ["embedded", "hanko"])
@pytest.mark.parametrize("fault", ["kill", "freeze"])
def test_a_login_that_began_with_redis_ends_without_it(
    request, settings, redis, user, refusals_logged, fault, provider
):
    settings.PASSKEY_RATE_LIMITS = {"start-login": "1/d"}
    settings.PASSKEY_LOCAL_FALLBACK = True
    if provider == "hanko":
        request.getfixturevalue("hanko_site")
    browser = Browser().sign_in(user)
    assert browser.register().status_code == 201
    credential = browser.authenticator.get(browser.request_options())
    assert refusal(browser.post("start-login")) == (429, "throttled")

    getattr(redis, fault)()
    began = time.monotonic()

    assert browser.post("finalize-login", credential).status_code == 200
    assert browser.login().status_code == 200
    assert time.monotonic() - began < 5
    assert sum("The cache does not answer (redis.exceptions." in line for line in refusals_logged()) == 1


@pytest.mark.django_db
def test_limits_hold_again_when_redis_is_back(settings, redis, browser, clock):
    settings.PASSKEY_RATE_LIMITS = {"start-login": "1/d"}
    redis.kill()
    for _ in range(3):
        assert browser.post("start-login").status_code == 200

    redis.start()
    clock.now += cache_module.PAUSE

    assert [browser.post("start-login").status_code for _ in range(2)] == [200, 429]


def test_redis_counts_exactly_and_forgets(redis):
    counts = []
    threads = [
        threading.Thread(target=lambda: counts.extend(cache.count("counted", 60) for _ in range(25)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts) == list(range(1, 101))
    assert 0 < caches["default"]._cache.get_client().ttl(":1:counted") <= 60
