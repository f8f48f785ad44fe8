"""PostgreSQL goes away in mid-traffic, tidily or not, and comes back."""

import signal
import time

import pytest

from tests.servers.people import Traffic
from tests.servers.promises import every_answered_login_holds, nothing_is_half_written


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restart", "crash"])
def test_logins_fail_only_while_the_database_is_away(how, site_without_redis, people, postgresql):
    with Traffic(people(site_without_redis, 8), site_without_redis.servers) as traffic:
        traffic.wait_for_everybody()
        away = time.monotonic()
        postgresql.stop(how)
        traffic.wait_for_a_refusal()
        postgresql.start()
        back = time.monotonic()
        traffic.wait_for_everybody()

    assert traffic.failed_outside(away, back) == []
    every_answered_login_holds(postgresql, traffic)
    nothing_is_half_written(postgresql)


def test_a_restart_while_nobody_signs_in_costs_no_login(site_without_redis, people, postgresql):
    """Every worker still holds a connection that is broken."""
    everybody = people(site_without_redis, 8)
    with Traffic(everybody, site_without_redis.servers) as traffic:
        traffic.wait_for_everybody()
    postgresql.stop(signal.SIGINT)
    postgresql.start()

    with Traffic(everybody, site_without_redis.servers) as traffic:
        traffic.wait_for_everybody()

    assert traffic.failed == []
