"""A hundred people sign in at once at one ASGI worker, and the provider takes its time over each answer."""

import os
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.hanko import Hanko
from tests.servers.sites import cpu_seconds, serving_asgi
from tests.support.waiting import wait_until

PEOPLE = 100
UPSTREAM = 0.2  # seconds that every answer of the provider takes
FOR_EVER = 600  # seconds


@pytest.fixture(scope="module")
def hanko():
    hanko = Hanko()
    yield hanko
    hanko.refuse_connections()


@pytest.fixture(scope="module")
def server(folder, postgresql, hanko):
    with serving_asgi(folder, DATABASE_URL=postgresql.url, READ_TIMEOUT="60", **hanko.settings) as server:
        yield server


@pytest.fixture(scope="module")
def everybody(people, server):
    return people(server, PEOPLE)


def seconds_of(work, *args):
    began = time.monotonic()
    work(*args)
    return time.monotonic() - began


def all_at_once(people, server):
    """Everybody signs in; raises what the first of them met."""
    barrier = threading.Barrier(len(people))

    def login(person):
        barrier.wait()
        person.login(server, server)

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(login, people))


def test_a_hundred_logins_at_once_wait_for_the_provider_together(server, everybody, hanko, postgresql, figure):
    processes = (os.getpid(), server.process.pid, postgresql.process.pid)
    connections = hanko.connections
    with hanko.failing(delay=UPSTREAM):
        one = statistics.median(seconds_of(person.login, server, server) for person in everybody[:5])
        cpu = sum(map(cpu_seconds, processes))
        total = seconds_of(all_at_once, everybody, server)
        cpu = sum(map(cpu_seconds, processes)) - cpu

    figure("one login, the provider taking 200 ms twice", f"{one:.2f} s")
    figure(f"{PEOPLE} logins at once / their CPU", f"{total:.2f} s / {cpu:.2f} s")
    figure("connections to the provider for them", f"{hanko.connections - connections}")
    assert one > 2 * UPSTREAM
    one_after_the_other = PEOPLE * 2 * UPSTREAM
    assert total - cpu < one_after_the_other / 10


@pytest.mark.parametrize("step", ["initialize", "finalize"])
def test_other_pages_answer_while_a_hundred_logins_wait(step, server, everybody, hanko, postgresql, figure):
    asked = ("POST", f"/{hanko.tenant.id}/login/{step}")
    reader = everybody[0].login(server, server)
    before = hanko.fake.requests.count(asked)

    def hits(request):
        return (request.method, request.path) == asked

    with ThreadPoolExecutor(PEOPLE) as pool:
        with hanko.failing(delay=FOR_EVER, only=hits):
            logins = [pool.submit(person.login, server, server) for person in everybody]
            wait_until(lambda: hanko.fake.requests.count(asked) == before + PEOPLE, "everybody waits")
            seconds = [seconds_of(reader.home, server) for _ in range(20)]
            held = open_connections(postgresql)
            assert not any(login.done() for login in logins)
        assert all(login.result().session_key for login in logins)

    wait_until(lambda: open_connections(postgresql) == 0, "no connection to the database is left over")
    slowest = f"{statistics.median(seconds) * 1000:.0f} / {max(seconds) * 1000:.0f} ms"
    figure(f"a page while {PEOPLE} wait for {step}, median / slowest", slowest)
    figure(f"connections to the database while {PEOPLE} wait for {step}", f"{held}")


def open_connections(postgresql):
    with postgresql.connect("postgres") as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'site'"
        return connection.execute(query).fetchone()[0]
