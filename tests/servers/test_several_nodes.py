"""What one server began, any other finishes; what one has seen, no other accepts again."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.people import Browser, Person
from tests.servers.promises import nothing_is_half_written
from tests.servers.sites import serving

WAYS = [("wsgi", "other_wsgi"), ("wsgi", "asgi"), ("asgi", "wsgi")]


@pytest.fixture(params=["with_redis", "without_redis"], scope="module")
def site(request):
    return request.getfixturevalue(f"site_{request.param}")


@pytest.fixture(params=WAYS, ids=" to ".join)
def way(request, site):
    """Where ceremonies begin, and where they finish."""
    return tuple(getattr(site, name) for name in request.param)


def test_a_hundred_of_a_hundred_logins_finish_on_another_server(way, postgresql):
    person = Person(*way)

    browsers = [person.login(*way) for _ in range(100)]

    assert len({browser.session_key for browser in browsers}) == 100
    with postgresql.connect() as connection:
        uses = connection.execute(
            "SELECT p.use_count FROM passkeys_django_passkey p JOIN auth_user u ON u.id = p.user_id"
            " WHERE u.username = %s",
            [person.name],
        ).fetchall()
    assert uses == [(100,)]


def test_whoever_signed_in_is_signed_in_on_every_server(site):
    person = Person(site.wsgi, site.asgi)

    browser = person.login(site.asgi, site.other_wsgi)

    assert all(person.name in browser.home(server) for server in site.servers)


def test_ten_of_ten_registrations_finish_on_another_server(way, postgresql):
    people = [Person(*way) for _ in range(10)]

    for person in people:
        assert person.login(*way).session_key
    nothing_is_half_written(postgresql)


def test_of_two_servers_that_get_the_same_answer_at_once_one_accepts_it(site):
    person = Person(site.wsgi, site.asgi)

    with ThreadPoolExecutor(len(site.servers)) as pool:
        for _round in range(20):
            browser = Browser()
            credential = person.authenticator.get(browser.ceremony(site.asgi, "start-login", {}))
            answers = [
                pool.submit(browser.copy().post, server, "finalize-login", credential) for server in site.servers
            ]
            assert sorted(answer.result().status_code for answer in answers) == [200, 409, 409]


def test_a_limit_counts_on_all_servers_together(folder, postgresql, redis):
    limits = json.dumps({"start-login": "30/d"})
    with serving(folder, DATABASE_URL=postgresql.url, REDIS_URL=redis.url, RATE_LIMITS=limits) as site:
        answers = [Browser().post(server, "start-login", {}) for server in site.servers * 15]

    assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 15
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers[30:])
