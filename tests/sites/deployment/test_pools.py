"""People register and sign in where connections to the database are shared."""

import json

import pytest

from tests.servers.people import Person, Traffic
from tests.servers.promises import every_answered_login_holds, nothing_is_half_written
from tests.servers.sites import serving

POOL = {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "OPTIONS": {"pool": {"min_size": 1, "max_size": 3}}}
BOUNCER = {"CONN_MAX_AGE": 0, "DISABLE_SERVER_SIDE_CURSORS": True}


@pytest.fixture(params=["postgresql", "pgbouncer"])
def site(request, folder, postgresql):
    settings = POOL if request.param == "postgresql" else BOUNCER
    url = request.getfixturevalue(request.param).url
    with serving(folder, DATABASE_URL=url, DATABASE_SETTINGS=json.dumps(settings)) as site:
        yield site


def test_no_login_fails_and_none_is_half_written(site, postgresql):
    people = [Person(site.wsgi, site.asgi) for _ in range(8)]

    with Traffic(people, site.servers) as traffic:
        traffic.wait_for_everybody()
        traffic.wait_for_everybody()

    assert traffic.failed == []
    every_answered_login_holds(postgresql, traffic)
    nothing_is_half_written(postgresql)
    assert "Error" not in site.log()
