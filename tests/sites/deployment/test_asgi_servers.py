"""People register and sign in at each server for ASGI that sites use."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.people import Person
from tests.servers.sites import UVICORN, Server, production

SERVERS = {
    "daphne": ("daphne", "--verbosity=0", "-p", "{port}", "example_project.asgi:application"),
    "hypercorn": (
        "hypercorn",
        "--bind=127.0.0.1:{port}",
        "--log-level=warning",
        "example_project.asgi:application",
    ),
    "uvicorn": UVICORN,
}


@pytest.fixture(params=SERVERS)
def server(request, folder, postgresql):
    server = Server(request.param, SERVERS[request.param], folder, production(DATABASE_URL=postgresql.url))
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def test_people_register_and_sign_in_at_once(server):
    with ThreadPoolExecutor(10) as threads:
        people = list(threads.map(lambda _number: Person(server, server), range(10)))
        browsers = list(threads.map(lambda person: person.login(server, server), people))

    assert all(person.name in browser.home(server) for person, browser in zip(people, browsers, strict=True))
    assert "Traceback" not in server.log.read_text()
