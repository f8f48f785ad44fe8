"""Prints what a login costs, with us and with others: `make bench-peers`.

Sites run in processes of their own and take turns. Printed are medians, and in brackets between which the middle
half of the rounds lies: on a machine that has nothing else to do, that is a narrow range.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from importlib.metadata import version

from tests.benchmarks.peers.redis_server import redis_in_environment
from tests.benchmarks.peers.sites import OTP_WEBAUTHN, OURS, OURS_REDIS, PASSWORD, SITES, compared_sites

PACKAGE = "tests.benchmarks.peers"
PACKAGES = (
    "Django",
    "django-otp-webauthn",
    "django-allauth",
    "webauthn",
    "fido2",
    "cryptography",
    "PyJWT",
    "redis",
    "gunicorn",
    "uvicorn",
)
ROUNDS = 60
LOGINS = 10
"""A round: so many logins at each site, one site after the other."""
LOAD_ROUNDS = 5
LOAD_SECONDS = 3


class Worker:
    """A process of one site. `fact` is what it said first."""

    def __init__(self, process):
        self._process = process
        self.fact = self._answer()
        self.rounds = []

    def ask(self, number):
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self):
        return json.loads(self._process.stdout.readline())


@contextmanager
def started(module, *arguments, site, database, **environment):
    """A process of one of our modules, with a folder of its own for SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"DJANGO_SETTINGS_MODULE": f"{PACKAGE}.settings", "SITE": site, "PEERS_FOLDER": folder}
        with subprocess.Popen(
            [sys.executable, "-m", f"{PACKAGE}.{module}", *arguments],
            env=os.environ | settings | {"TEST_DATABASE": database} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            yield process


def workers(stack, task, sites, database, **environment):
    processes = {
        site: stack.enter_context(started("worker", task, site=site, database=database, **environment))
        for site in sites
    }
    return {site: Worker(process) for site, process in processes.items()}


def compare_cpu(database):
    """CPU time of the whole login in the site's process: start, finalize, and all that Django does around them."""
    with ExitStack() as stack:
        sites = workers(stack, "cpu", compared_sites(), database)
        for worker in sites.values():
            worker.ask(5 * LOGINS)  # caches are filled
        for _ in range(ROUNDS):
            for worker in sites.values():
                worker.rounds.append(statistics.median(worker.ask(LOGINS)))
    print(f"\nCPU time of a login, {database}, {ROUNDS} rounds of {LOGINS} logins")
    print(f"{'':<28}{'SQL':>4}{'ms':>7}   {'/ django-otp-webauthn':<24}{'/ password login':<20}")
    for site, worker in sites.items():
        ratios = [ratio(worker.rounds, sites[other].rounds) for other in (OTP_WEBAUTHN, PASSWORD)]
        milliseconds = statistics.median(worker.rounds) * 1000
        print(f"{SITES[site].label:<28}{worker.fact:>4}{milliseconds:>7.2f}   {ratios[0]:<24}{ratios[1]:<20}")


def ratio(ours, others):
    """The median of the rounds' ratios, and between which the middle half of them lies."""
    low, middle, high = statistics.quantiles([a / b for a, b in zip(ours, others, strict=True)], n=4)
    return f"{middle:.2f} [{low:.2f} to {high:.2f}]"


def compare_growth(database):
    with started("growth", site=OURS, database=database, GROWTH="1") as process:
        seconds = json.loads(process.stdout.readline())
    print(f"\nCPU time of our login where there is more, {database}")
    print(f"{'20 passkeys of the user instead of 1':<48}{ratio(seconds['twenty'], seconds['one'])}")
    print(f"{'1,000,000 rows in the table instead of 1,260':<48}{ratio(seconds['million'], seconds['one'])}")


def compare_load(database):
    """Logins a second, and CPU time in all processes of the server."""
    with ExitStack() as stack:
        servers = load_servers(stack, database)
        for worker in servers.values():
            worker.ask(1)
        for _ in range(LOAD_ROUNDS):
            for worker in servers.values():
                worker.rounds.append(worker.ask(LOAD_SECONDS))
    print(f"\nServers with 2 workers, 4 clients, {database}, {LOAD_ROUNDS} rounds")
    print(f"{'':<44}{'logins/s':>9}{'ms CPU':>8}   / {SITES[OURS].label}, gunicorn: logins, CPU")
    ours = list(zip(*servers[OURS, "gunicorn"].rounds, strict=True))
    for (site, server), worker in servers.items():
        speeds, spent = zip(*worker.rounds, strict=True)
        label, milliseconds = f"{SITES[site].label}, {server}", statistics.median(spent) * 1000
        ratios = f"{ratio(speeds, ours[0])}, {ratio(spent, ours[1])}"
        print(f"{label:<44}{statistics.median(speeds):>9.0f}{milliseconds:>8.2f}   {ratios}")


def load_servers(stack, database):
    """Workers by site and server. A pool belongs to PostgreSQL."""
    servers = ["gunicorn", "uvicorn", *(["uvicorn_pool"] if database == "postgresql" else [])]
    return {
        (site, server): worker
        for server in servers
        for site, worker in workers(stack, "load", loaded_sites(server), database, PEERS_SERVER=server).items()
    }


def loaded_sites(server):
    """Another package is there for the comparison under WSGI only."""
    wanted = {OURS, OURS_REDIS} | ({OTP_WEBAUTHN} if server == "gunicorn" else set())
    return [site for site in compared_sites() if site in wanted]


def print_machine():
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.platform()}")
    print(", ".join(f"{package} {version(package)}" for package in PACKAGES))


def main():
    print_machine()
    databases = ("sqlite", "postgresql") if os.environ.get("TEST_DATABASE") == "postgresql" else ("sqlite",)
    with redis_in_environment():
        for database in databases:
            compare_cpu(database)
            compare_growth(database)
            compare_load(database)


if __name__ == "__main__":
    main()
