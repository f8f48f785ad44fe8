"""The site as real processes: two gunicorns and a uvicorn, as behind one load balancer."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.browser.conftest import ROOT, environment
from tests.servers.people import AS_PROXY
from tests.servers.services import free_port
from tests.support.waiting import wait_until

GUNICORN = ("gunicorn", "--workers=2", "--log-level=warning", "--bind=127.0.0.1:{port}", "example_project.wsgi")
UVICORN = ("uvicorn", "--log-level=warning", "--port={port}", "example_project.asgi:application")


class Server:
    """One server with its log."""

    def __init__(self, name: str, command: tuple[str, ...], folder: Path, settings: Mapping[str, str]) -> None:
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{name}.log"
        self._command = [sys.executable, "-m", *(word.format(port=self.port) for word in command)]
        self._settings = settings
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self._command, cwd=ROOT, env=self._settings, stdout=log, stderr=log)

    def wait(self) -> None:
        """Return when it serves."""
        wait_until(self._serves, f"this serves: {' '.join(self._command)}")

    def _serves(self) -> bool:
        with contextlib.suppress(requests.RequestException):  # not yet
            return requests.get(f"{self.url}/accounts/login/", headers=AS_PROXY, timeout=5).ok
        return False

    def stop(self) -> None:
        """What is under way is finished first."""
        self.process.terminate()
        self.process.wait(timeout=60)

    def workers(self) -> list[int]:
        """The ids of the processes that answer."""
        return children(self.process.pid) or [self.process.pid]


@dataclass(frozen=True, kw_only=True)
class Site:
    """All servers have the same database."""

    wsgi: Server
    other_wsgi: Server
    asgi: Server

    @property
    def servers(self) -> tuple[Server, Server, Server]:
        return self.wsgi, self.other_wsgi, self.asgi

    def log(self) -> str:
        """What all servers have written."""
        return "".join(server.log.read_text() for server in self.servers)


@contextlib.contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Site]:
    env = production(**settings)
    persistent = env | {"CONN_MAX_AGE": "60"}
    site = Site(
        wsgi=Server("gunicorn", GUNICORN, folder, persistent),
        other_wsgi=Server("other-gunicorn", GUNICORN, folder, persistent),
        asgi=Server("uvicorn", UVICORN, folder, env),
    )
    try:
        for server in site.servers:
            server.wait()
        yield site
    finally:
        for server in site.servers:
            server.process.terminate()
        for server in site.servers:
            server.stop()


@contextlib.contextmanager
def serving_asgi(folder: Path, **settings: str) -> Iterator[Server]:
    """One uvicorn with one worker."""
    server = Server("one-uvicorn", UVICORN, folder, production(**settings))
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def production(**settings: str) -> dict[str, str]:
    """The environment of a server."""
    env = environment(DJANGO_SETTINGS_MODULE="tests.servers.settings", DJANGO_DEBUG="0", **settings)
    return env | {"DJANGO_SECRET_KEY": "the-same-on-every-server"}


def migrate(**settings: str) -> None:
    env = environment(DJANGO_SETTINGS_MODULE="tests.servers.settings", **settings)
    command = [sys.executable, "-m", "django", "migrate", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=env, check=True)


def children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if status(int(entry.name), "PPid") == pid:
                found.append(int(entry.name))
    return found


def status(pid: int, field: str) -> int:
    """A number in /proc/PID/status; sizes are in KiB."""
    match = re.search(rf"^{field}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(match[1]) if match else 0  # a process that has ended has no size


def cpu_seconds(pid: int) -> float:
    """Of the process and of its children that have ended: fields 14 to 17 of proc_pid_stat(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
