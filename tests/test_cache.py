"""A dead cache is an empty cache: no flow breaks, and one warning a minute tells."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest
from django.core.cache import InvalidCacheBackendError, caches
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import Redis
from redis.connection import Connection

from passkeys_django import cache as cache_module
from passkeys_django.cache import Counter, ForgivingCache, cache
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
        cache.count_all([Counter("counted", 60), Counter("read", 60, is_read_only=True)]),
    ]


def count(key, timeout=60):
    """The count after one more."""
    [number] = cache.count_all([Counter(key, timeout)])
    return number


def read(key):
    [number] = cache.count_all([Counter(key, 60, is_read_only=True)])
    return number


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
    assert [count("counted") for _ in range(3)] == [1, 2, 3]
    assert count("another") == 1


def test_it_counts_several_at_once_and_only_reads_what_is_to_be_read():
    counters = [Counter("first", 60), Counter("second", 60, is_read_only=True), Counter("third", 60)]

    assert [cache.count_all(counters) for _ in range(2)] == [[1, 0, 1], [2, 0, 2]]
    assert count("second") == 1
    assert cache.count_all(counters) == [3, 1, 3]
    assert cache.count_all([]) == []


def test_what_vanishes_between_two_operations_is_counted_anew_and_is_no_failure(monkeypatch, refusals_logged):
    monkeypatch.setattr(type(caches["default"]), "add", lambda *_args, **_kwargs: False)

    assert count("evicted") == 1
    assert refusals_logged() == []


def test_a_dead_cache_says_what_an_empty_one_says(broken, settings):
    dead = use_all(ForgivingCache())
    assert broken.asked == 1
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    assert dead == use_all(ForgivingCache()) == [None, "default", True, None, False, [1, 0]]


@pytest.mark.parametrize("operation", ["get", "add", "set", "delete", "count_all"])
def test_no_operation_raises(broken, operation):
    arguments = {"add": ("key", 1, 60), "set": ("key", 1, 60), "count_all": ([Counter("key", 60)],)}

    getattr(ForgivingCache(), operation)(*arguments.get(operation, ("key",)))

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


@pytest.mark.parametrize("value", ["text", [1], None, b"\x80"], ids=["text", "list", "none", "bytes"])
@pytest.mark.parametrize("question", [count, read])
def test_a_foreign_value_under_a_key_of_ours_refuses_nobody(question, value):
    caches["default"].set("counted", value, 60)

    assert question("counted") <= 1


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


def redis_cache(*servers, **changes):
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": [f"redis://127.0.0.1:{server.port}" for server in servers],
            "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.3},
        }
        | changes
    }


@pytest.fixture
def redis(tmp_path, settings):
    """A Redis server as the default cache."""
    program = shutil.which("redis-server")
    if program is None and not os.environ.get("CI"):
        pytest.skip("no redis-server on PATH")
    server = RedisServer(program, tmp_path)
    server.start()
    settings.CACHES = redis_cache(server)
    yield server
    caches.close_all()
    server.kill()


@pytest.fixture
def round_trips(monkeypatch):
    """A list that gets what each message to Redis holds: the names of its commands."""
    sent, send = [], Connection.send_packed_command

    def note(connection, packed, *args, **kwargs):
        text = b"".join([packed] if isinstance(packed, bytes) else packed)
        sent.append([name.decode() for name in re.findall(rb"\*\d+\r\n\$\d+\r\n([A-Z]+)", text)])
        return send(connection, packed, *args, **kwargs)

    monkeypatch.setattr(Connection, "send_packed_command", note)
    return sent


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
        threading.Thread(target=lambda: counts.extend(count("counted") for _ in range(25))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts) == list(range(1, 101))
    assert 0 < raw(redis).ttl(":1:counted") <= 60


def raw(server):
    """A client of the test's own."""
    return Redis(port=server.port)


COUNTING = """
import os, sys
from django.conf import settings
settings.configure(CACHES={"default": {
    "BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"redis://127.0.0.1:{sys.argv[1]}"
}})
from passkeys_django.cache import Counter, cache

def count():
    print(*cache.count_all([Counter("first", 600), Counter("second", 600)]), flush=True)
"""

MANY = """
for _ in range(200):
    count()
"""

FORKED = """
count()
if os.fork() == 0:
    count()
    os._exit(0)
os.wait()
count()
"""


def counting(server, what):
    """A process that counts twice each time, and prints both counts."""
    command = [sys.executable, "-c", COUNTING + what, str(server.port)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def counts_of(process):
    return [line.split() for line in process.communicate()[0].splitlines()]


def test_two_processes_lose_no_count(redis):
    processes = [counting(redis, MANY) for _ in range(2)]

    lines = [line for process in processes for line in counts_of(process)]

    for counts in zip(*lines, strict=True):
        assert sorted(map(int, counts)) == list(range(1, 401))


def test_a_process_that_was_forked_after_a_count_goes_on_counting(redis):
    """As with `gunicorn --preload`."""
    assert counts_of(counting(redis, FORKED)) == [["1", "1"], ["2", "2"], ["3", "3"]]


def test_a_later_count_does_not_extend_the_time_of_the_first(redis):
    count("counted", 60)
    count("counted", 6000)

    assert raw(redis).ttl(":1:counted") <= 60


def test_all_counts_are_one_round_trip(redis, round_trips):
    count("something")  # the connection is open
    round_trips.clear()

    cache.count_all([Counter("first", 60), Counter("second", 60, is_read_only=True), Counter("third", 60)])

    assert round_trips == [["SET", "SET", "INCRBY", "GET", "INCRBY"]]


@pytest.mark.django_db
def test_a_login_makes_three_round_trips_to_redis(settings, redis, user, round_trips):
    """At the start for the address; then for the address and earlier failures; then for passkey and challenge."""
    del settings.PASSKEY_RATE_LIMITS
    browser = Browser().sign_in(user)
    browser.register()
    browser = browser.other_browser()
    round_trips.clear()

    for _ in range(2):  # new windows and old ones cost the same
        assert browser.login().status_code == 200

    assert round_trips == 2 * [["SET", "INCRBY"], ["SET", "INCRBY", "GET"], ["SET", "SET", "INCRBY", "INCRBY"]]


def test_all_threads_use_one_client(redis, round_trips):
    for _ in range(3):
        thread = threading.Thread(target=count, args=["counted"])
        thread.start()
        thread.join()

    commands = [name for names in round_trips for name in names]
    assert commands.count("INCRBY") == 3
    assert raw(redis).info("clients")["connected_clients"] == 2  # one is the test's own


def test_more_threads_than_a_pool_of_djangos_may_have_connections_are_no_failure(settings, redis, refusals_logged):
    settings.CACHES = redis_cache(redis, OPTIONS={"max_connections": 1})
    assert count("counted") == 1

    with cache_module._lasting_client().pipeline() as of_another_thread:
        of_another_thread.watch("something")  # holds the connection
        assert count("counted") == 2

    assert refusals_logged() == []


def key_of_the_site(key, prefix, version):
    return f"{version}/{prefix}/{key}"


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"KEY_PREFIX": "site", "VERSION": 7}, "site:7:counted"),
        ({"KEY_FUNCTION": f"{__name__}.key_of_the_site"}, "1//counted"),
    ],
    ids=["prefix", "function"],
)
def test_counts_lie_where_djangos_cache_finds_them(settings, redis, changes, key):
    settings.CACHES = redis_cache(redis, **changes)

    assert [count("counted"), count("counted")] == [1, 2]
    assert raw(redis).get(key) == b"2"
    assert caches["default"].get("counted") == read("counted") == 2
    settings.CACHES = redis_cache(redis, VERSION=8)
    assert count("counted") == 1


def test_a_count_of_an_earlier_release_goes_on(redis):
    caches["default"].add("counted", 1, 60)

    assert count("counted") == 2
    assert caches["default"].incr("counted") == 3


def test_counts_are_written_to_and_read_from_the_first_of_several_servers(settings, redis, refusals_logged):
    nowhere = SimpleNamespace(port=free_port())
    settings.CACHES = redis_cache(redis, nowhere)

    assert [count("counted"), read("counted")] == [1, 1]
    assert refusals_logged() == []


def test_another_setting_means_another_server(settings, redis):
    count("counted")
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "new"}}
    assert count("counted") == 1
    settings.CACHES = redis_cache(redis)

    assert count("counted") == 2


class OwnIncrement(RedisCache):
    """A site's own way to count."""

    def incr(self, key, delta=1, version=None):
        return super().incr(key, delta, version) + 100


class OwnServers(RedisCacheClient):
    """A site's own way to choose a server."""

    def get_client(self, key=None, *, write=False):
        assert "counted" in key
        return super().get_client(key, write=write)


class OwnClient(RedisCache):
    def __init__(self, server, params):
        super().__init__(server, params)
        self._class = OwnServers


class OnlyAnotherName(RedisCache):
    """Counts as Django does."""


@pytest.mark.parametrize(("backend", "second"), [("OwnIncrement", 102), ("OwnClient", 2), ("OnlyAnotherName", 2)])
def test_a_site_that_changed_djangos_cache_is_asked_its_own_way(settings, redis, refusals_logged, backend, second):
    settings.CACHES = redis_cache(redis, BACKEND=f"{__name__}.{backend}")

    assert [count("counted"), count("counted")] == [1, second]
    assert refusals_logged() == []


@pytest.mark.parametrize("value", ["text", [1], None], ids=["text", "list", "none"])
@pytest.mark.parametrize("question", [count, read])
def test_a_foreign_value_in_redis_refuses_nobody(redis, question, value):
    caches["default"].set("counted", value, 60)

    assert question("counted") <= 1


@pytest.fixture
def half_an_answer(settings):
    """A server that takes all counts, answers the first of them, and closes the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = SimpleNamespace(port=listener.getsockname()[1])
        settings.CACHES = redis_cache(server, OPTIONS={"protocol": 2, "socket_timeout": 5})
        threading.Thread(target=answer_half, args=[listener], daemon=True).start()
        yield
        listener.shutdown(socket.SHUT_RDWR)


def answer_half(listener):
    with contextlib.suppress(OSError):
        while True:
            connection, _address = listener.accept()
            with connection:
                while b"INCRBY" not in connection.recv(65536):
                    connection.sendall(b"+OK\r\n")  # what the client says of itself
                connection.sendall(b"+OK\r\n")


@pytest.mark.usefixtures("half_an_answer")
def test_a_redis_that_dies_in_the_middle_of_its_answer_is_an_empty_cache(refusals_logged):
    counters = [Counter("first", 60), Counter("second", 60, is_read_only=True)]

    assert [cache.count_all(counters) for _ in range(2)] == [[1, 0], [1, 0]]

    [line] = refusals_logged()
    assert line.startswith("The cache does not answer (redis.exceptions.")
