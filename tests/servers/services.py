"""PostgreSQL and Redis as processes of our own, to be stopped and killed at will."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.waiting import wait_until


class Service:
    """A program that listens on a port of 127.0.0.1."""

    name: str
    account: str | None = None  # whose process it is; None: ours

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Return when it answers."""
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, user=self.account, group=self.account, cwd=self.folder
            )
        wait_until(self.is_ready, f"{self.name} answers")

    def stop(self, number: signal.Signals) -> None:
        """Send a signal and return when the process is gone."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(timeout=60)
            self.process = None


class PostgreSQL(Service):
    """SIGINT shuts it down at once (`fast`), SIGQUIT without tidying up (`immediate`), as a crash would."""

    name = "postgresql"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.account = "postgres" if os.getuid() == 0 else None  # it refuses to run as root
        self.data = folder / "postgresql"
        self.data.mkdir()
        if self.account:
            shutil.chown(self.data, self.account, self.account)
        initdb = [program("initdb"), "-D", str(self.data), "-U", "passkeys", "-A", "trust", "--no-sync"]
        subprocess.run(
            initdb, user=self.account, group=self.account, cwd=self.folder, check=True, capture_output=True
        )

    def command(self) -> list[str]:
        folder = f"unix_socket_directories={self.data}"
        options = ("listen_addresses=127.0.0.1", folder, "fsync=off", "max_connections=200")
        settings = [word for option in options for word in ("-c", option)]
        return [program("postgres"), "-D", str(self.data), "-p", str(self.port), *settings]

    def is_ready(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError), self.connect("postgres"):
            return True
        return False

    def connect(self, database: str = "site") -> "psycopg.Connection[tuple[int, ...]]":
        return psycopg.connect(host="127.0.0.1", port=self.port, user="passkeys", dbname=database, autocommit=True)

    @property
    def url(self) -> str:
        return f"postgres://passkeys@127.0.0.1:{self.port}/site"


class Redis(Service):
    name = "redis"

    def command(self) -> list[str]:
        return [program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]

    def is_ready(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


def free_port() -> int:
    """Not one of those that the system may give to a client (32768 and up) while the server is away."""
    while True:
        port = random.randint(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def program(name: str) -> str:
    """Debian keeps PostgreSQL's programs out of PATH."""
    folders = [str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    path = shutil.which(name, path=os.pathsep.join([*folders, os.environ["PATH"]]))
    if path is None:
        pytest.fail(
            f"The tests of real servers need {name} (Debian: apt install postgresql pgbouncer redis-server)."
        )
    return path


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A folder where the account of PostgreSQL, too, can go: pytest's are for ourselves alone."""
    with tempfile.TemporaryDirectory(prefix="passkeys-servers-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
