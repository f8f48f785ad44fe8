"""Hanko fails in every way while people sign in; and everything else fails at the same time."""

import contextlib
import os
import signal
import time

import pytest

from tests.servers.people import Traffic
from tests.servers.promises import every_answered_login_holds, nothing_is_half_written
from tests.servers.sites import serving
from tests.support.waiting import wait_until

FAULTS = [
    {"delay": 10},
    {"status": 500},
    {"status": 503},
    {"status": 502, "garbage": True},
    {"drop": True},
]


@pytest.fixture
def site(folder, postgresql, redis, hanko):
    """Its processes tell one another through Redis when Hanko is down."""
    with serving(folder, DATABASE_URL=postgresql.url, REDIS_URL=redis.url, **hanko.settings) as site:
        yield site


@pytest.fixture
def site_without_redis(folder, postgresql, hanko):
    """Each process finds out for itself."""
    with serving(folder, DATABASE_URL=postgresql.url, **hanko.settings) as site:
        yield site


@contextlib.contextmanager
def falling_back(postgresql):
    """The block ends when somebody was signed in without the provider."""

    def count():
        with postgresql.connect() as connection:
            query = "SELECT count(*) FROM passkeys_django_passkeyevent WHERE kind = 'fallback_used'"
            return connection.execute(query).fetchone()

    before = count()
    yield
    wait_until(lambda: count() != before, "somebody was signed in without the provider")


def wait_until_asked(hanko):
    asked = len(hanko.fake.requests)
    wait_until(lambda: len(hanko.fake.requests) > asked + 20, "the provider does the logins again")


@pytest.mark.parametrize("cache", ["site", "site_without_redis"])
def test_logins_go_on_whatever_the_provider_does(request, cache, hanko, people, postgresql):
    site = request.getfixturevalue(cache)
    with Traffic(people(site, 8), site.servers) as traffic:
        for faults in FAULTS:
            wait_until_asked(hanko)
            with hanko.failing(**faults), falling_back(postgresql):
                traffic.wait_for_everybody()
        wait_until_asked(hanko)
        hanko.refuse_connections()
        with falling_back(postgresql):
            traffic.wait_for_everybody()
        hanko.start()
        wait_until_asked(hanko)

    assert traffic.failed == []
    assert hanko.fake.errors == []
    every_answered_login_holds(postgresql, traffic)
    nothing_is_half_written(postgresql)


def test_nothing_is_half_written_when_everything_fails_at_once(site, hanko, redis, people, postgresql):
    with Traffic(people(site, 8), site.servers) as traffic:
        with hanko.failing(delay=10):
            redis.stop(signal.SIGKILL)
            os.kill(site.wsgi.workers()[0], signal.SIGTERM)
            traffic.wait_for_everybody()
            away = time.monotonic()
            postgresql.stop(signal.SIGQUIT)
            os.kill(site.other_wsgi.process.pid, signal.SIGHUP)
            traffic.wait_for_a_refusal()
            postgresql.start()
            back = time.monotonic()
            traffic.wait_for_everybody()
        redis.start()
        wait_until_asked(hanko)

    assert traffic.failed_outside(away, back) == []
    every_answered_login_holds(postgresql, traffic)
    nothing_is_half_written(postgresql)
