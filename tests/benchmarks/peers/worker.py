"""What runs in a process of one site's, as `python -m tests.benchmarks.peers.worker`: `cpu` or `load`.

It prints lines of JSON: first a fact, then the answer to each number on standard input.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tests.benchmarks.peers.browsers import ClientBrowser, SocketBrowser
from tests.benchmarks.peers.redis_server import listens
from tests.support.waiting import wait_until

TRANSACTIONS = ("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT", "ROLLBACK")
PEOPLE = 200
"""Nobody signs in many times in ten minutes, and what we remember of that would grow."""
CLIENTS = 4
SERVERS = {
    "gunicorn": "gunicorn --workers 2 --bind 127.0.0.1:{port} --log-level error "
    "django.core.wsgi:get_wsgi_application()",
    "uvicorn": "uvicorn --workers 2 --port {port} --log-level error --no-access-log --lifespan off "
    "--factory django.core.asgi:get_asgi_application",
}


def say(value):
    print(json.dumps(value), flush=True)


@contextmanager
def tables():
    """All tables of this site, in all its databases. Nothing is left of them afterwards."""
    try:
        for using in connections:
            in_schema(using, "DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}")
            call_command("migrate", verbosity=0, database=using)
        yield
    finally:
        for using in connections:
            in_schema(using, "DROP SCHEMA {0} CASCADE")


def in_schema(using, sql):
    """Run it for the schema of this site, on PostgreSQL. SQLite's file lies in a folder that goes."""
    options = connections[using].settings_dict["OPTIONS"].get("options")
    if options:
        with connections[using].cursor() as cursor:
            cursor.execute(sql.format(options.partition("search_path=")[2]))


def warm_handler(person):
    """A request handler with everything loaded."""
    browser = ClientBrowser()
    browser.sign_in(person)
    return browser.client.handler


def statements(act):
    """How many SQL statements `act` runs, transaction statements not counted."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return sum(not query["sql"].startswith(TRANSACTIONS) for query in queries)


def cpu(people):
    """Says how many SQL statements a login has, then CPU seconds of each of so many logins."""
    handler = warm_handler(next(people))
    say(statements(lambda: ClientBrowser(handler).sign_in(next(people))))
    for line in sys.stdin:
        say([ClientBrowser(handler).sign_in(next(people)) for _ in range(int(line))])


def load(people):
    """Says the port of a server with two workers. Then, for so many seconds: logins a second, and CPU seconds of
    the server for each login.
    """
    port = 8700 + os.getpid() % 1000
    with serving(port) as server, ThreadPoolExecutor(CLIENTS) as pool:
        say(port)
        for line in sys.stdin:
            before, until = cpu_seconds(server.pid), time.monotonic() + float(line)
            clients = [pool.submit(sign_in_until, until, port, people) for _ in range(CLIENTS)]
            count = sum(client.result() for client in clients)
            say([count / float(line), (cpu_seconds(server.pid) - before) / count])


def sign_in_until(until, port, people):
    count = 0
    while time.monotonic() < until:
        SocketBrowser(port).sign_in(next(people))
        count += 1
    return count


@contextmanager
def serving(port):
    server = subprocess.Popen(
        [sys.executable, "-m", *SERVERS[settings.SERVER.partition("_")[0]].format(port=port).split()],
        stdin=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: listens(port), f"{settings.SERVER} listens")
        yield server
    finally:
        server.terminate()
        server.wait()


def cpu_seconds(pid):
    """Of the process and of its children: fields 4, 14 and 15 of proc_pid_stat(5)."""
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # the process has ended
            fields = path.read_text().rpartition(")")[2].split()
            if pid in (int(path.parent.name), int(fields[1])):
                total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def main():
    django.setup()
    from tests.benchmarks.peers.people import Person

    with tables():
        people = cycle([Person(f"person{number}") for number in range(PEOPLE)])
        {"cpu": cpu, "load": load}[sys.argv[1]](people)


if __name__ == "__main__":
    main()
