"""Workers end in mid-traffic: no login that was answered is lost."""

import os
import signal
import time

import pytest

from tests.servers.people import Traffic
from tests.servers.promises import every_answered_login_holds, nothing_is_half_written
from tests.support.waiting import wait_until


@pytest.fixture
def traffic(site_without_redis, people, postgresql):
    """It ends with the test, and then what it was answered must hold."""
    with Traffic(people(site_without_redis, 8), site_without_redis.servers) as traffic:
        traffic.wait_for_everybody()
        yield traffic
        traffic.wait_for_everybody()
    every_answered_login_holds(postgresql, traffic)
    nothing_is_half_written(postgresql)


def signal_and_wait(pid, number, server):
    """Return when the server has new workers."""
    before = set(server.workers())
    gone = before & {pid} or before
    os.kill(pid, number)
    wait_until(lambda: not gone & set(server.workers()) and len(server.workers()) == len(before), "they are new")


def test_a_worker_that_is_told_to_end_loses_nothing(traffic, site_without_redis):
    for server in (site_without_redis.wsgi, site_without_redis.other_wsgi) * 2:
        signal_and_wait(server.workers()[0], signal.SIGTERM, server)
    traffic.wait_for_everybody()

    assert traffic.failed == []


def test_a_reload_loses_nothing(traffic, site_without_redis):
    for server in (site_without_redis.wsgi, site_without_redis.other_wsgi):
        signal_and_wait(server.process.pid, signal.SIGHUP, server)
    traffic.wait_for_everybody()

    assert traffic.failed == []


def test_a_worker_that_is_killed_loses_no_answered_login(traffic, site_without_redis):
    server = site_without_redis.wsgi
    killed = time.monotonic()
    signal_and_wait(server.workers()[0], signal.SIGKILL, server)
    replaced = time.monotonic()
    traffic.wait_for_everybody()

    assert traffic.failed_outside(killed, replaced) == []


def test_an_asgi_server_that_restarts_loses_no_answered_login(traffic, site_without_redis):
    stopped = time.monotonic()
    site_without_redis.asgi.stop()
    site_without_redis.asgi.start()
    site_without_redis.asgi.wait()
    serves = time.monotonic()
    traffic.wait_for_everybody()

    assert traffic.failed_outside(stopped, serves) == []
    assert all(attempt.failure.startswith("ConnectionError") for attempt in traffic.failed)
