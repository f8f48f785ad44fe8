"""A PostgreSQL, and a PgBouncer before it."""

import contextlib
import signal
import socket

import pytest

from tests.servers.conftest import folder, postgresql
from tests.servers.services import Service, program

__all__ = ["folder", "postgresql"]
CONFIGURATION = """
[databases]
site = host=127.0.0.1 port={database.port} dbname=site user=passkeys

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
"""


class PgBouncer(Service):
    """In transaction mode, with fewer connections to the database than the site has workers and threads."""

    name = "pgbouncer"

    def __init__(self, folder, database):
        super().__init__(folder)
        self.account = database.account
        self.file = folder / "pgbouncer.ini"
        self.file.write_text(CONFIGURATION.format(port=self.port, database=database))

    def command(self):
        return [program("pgbouncer"), str(self.file)]

    def is_ready(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    @property
    def url(self):
        return f"postgres://passkeys@127.0.0.1:{self.port}/site"


@pytest.fixture(scope="session")
def pgbouncer(folder, postgresql):
    server = PgBouncer(folder, postgresql)
    server.start()
    yield server
    server.stop(signal.SIGKILL)
