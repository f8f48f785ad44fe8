"""A Redis that counts the limits of our site: the server of REDIS_URL, or one of our own while this runs."""

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager

from tests.support.waiting import wait_until


@contextmanager
def redis_in_environment():
    """REDIS_URL in the environment of all sites. Without redis-server on PATH, the variable stays unset."""
    program = shutil.which("redis-server")
    if "REDIS_URL" in os.environ or program is None:
        yield
        return
    port = _free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port), "redis-server listens")
        os.environ["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
        yield
    finally:
        os.environ.pop("REDIS_URL", None)
        server.terminate()
        server.wait()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
