"""Redis goes away in mid-traffic: sessions are in the database, and nobody needs what we keep in the cache."""

import json
import re
import signal

import pytest

from tests.servers.people import Traffic
from tests.servers.promises import every_answered_login_holds, nothing_is_half_written
from tests.servers.sites import serving

PLENTY = json.dumps({"start-login": "1000000/m", "finalize-login": "1000000/m"})


@pytest.fixture
def site(folder, postgresql, redis):
    """Its logins are counted in Redis."""
    with serving(folder, DATABASE_URL=postgresql.url, REDIS_URL=redis.url, RATE_LIMITS=PLENTY) as site:
        yield site


def test_logins_go_on_when_redis_is_killed_and_the_log_tells(site, redis, people, postgresql):
    with Traffic(people(site, 8), site.servers) as traffic:
        traffic.wait_for_everybody()
        redis.stop(signal.SIGKILL)
        traffic.wait_for_everybody()
        redis.start()
        traffic.wait_for_everybody()

    assert traffic.failed == []
    assert re.search(r"^WARNING passkeys_django .*cache", site.log(), re.MULTILINE | re.IGNORECASE)
    every_answered_login_holds(postgresql, traffic)
    nothing_is_half_written(postgresql)


def test_logins_go_on_when_redis_does_not_answer(site, redis, people, postgresql):
    with Traffic(people(site, 8), site.servers) as traffic:
        traffic.wait_for_everybody()
        redis.process.send_signal(signal.SIGSTOP)
        traffic.wait_for_everybody()  # In vain, if they waited for Redis.
        redis.process.send_signal(signal.SIGCONT)
        traffic.wait_for_everybody()

    assert traffic.failed == []
    assert max(attempt.ended - attempt.began for attempt in traffic.answered) < 10
    every_answered_login_holds(postgresql, traffic)
