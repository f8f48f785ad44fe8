"""Real servers, with a database and a cache that may die."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.servers.hanko import Hanko
from tests.servers.people import Person
from tests.servers.services import PostgreSQL, Redis, open_folder
from tests.servers.sites import Server, Site, migrate, serving

FIGURES: list[str] = []


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgresql(folder: Path) -> Iterator[PostgreSQL]:
    """With the site's tables."""
    server = PostgreSQL(folder)
    server.start()
    try:
        with server.connect("postgres") as connection:
            connection.execute("CREATE DATABASE site")
        migrate(DATABASE_URL=server.url)
        yield server
    finally:
        server.stop(signal.SIGINT)


@pytest.fixture(scope="session")
def redis(folder: Path) -> Iterator[Redis]:
    server = Redis(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop(signal.SIGKILL)


@pytest.fixture
def hanko() -> Iterator[Hanko]:
    hanko = Hanko()
    yield hanko
    hanko.refuse_connections()


@pytest.fixture(scope="module")
def site_with_redis(folder: Path, postgresql: PostgreSQL, redis: Redis) -> Iterator[Site]:
    with serving(folder, DATABASE_URL=postgresql.url, REDIS_URL=redis.url) as site:
        yield site


@pytest.fixture(scope="module")
def site_without_redis(folder: Path, postgresql: PostgreSQL) -> Iterator[Site]:
    """Each process has a cache of its own."""
    with serving(folder, DATABASE_URL=postgresql.url) as site:
        yield site


@pytest.fixture(scope="session")
def people() -> Callable[[Site | Server, int], list[Person]]:
    """A function that registers so many."""

    def register(site: Site | Server, count: int) -> list[Person]:
        begin, finish = (site.wsgi, site.asgi) if isinstance(site, Site) else (site, site)
        return [Person(begin, finish) for _ in range(count)]

    return register


@pytest.fixture
def figure() -> Callable[[str, str], None]:
    """Note a figure, to be printed at the end."""
    return lambda what, measured: FIGURES.append(f"{what:<60} {measured:>24}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FIGURES:
        terminalreporter.section("figures")
        for line in FIGURES:
            terminalreporter.write_line(line)
