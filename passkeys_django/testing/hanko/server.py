"""Serves the fake on a port of the loopback interface."""

import contextlib
import io
import socket
import sys
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

from .fake import FakeHanko
from .faults import ConnectionDropped
from .wire.http import Response


class LoopbackServer(ThreadingHTTPServer):
    """HTTP/1.1 with keep-alive. `connections` counts the accepted TCP connections."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, app: WSGIApplication, *, port: int = 0) -> None:
        self.app = app
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def port(self) -> int:
        """The port of this server."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The address of this server, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count the connection, and remember it so that `hang_up` can end it."""
        with self._guard:
            self.connections += 1
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that are still open, so that their threads can be joined."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer

    def handle_any(self) -> None:
        """Handle every method: run the application, and write the response in one piece."""
        collected: list[Any] = []
        try:
            body = b"".join(self.server.app(self._environ(), lambda *head: collected.extend(head)))  # type: ignore[arg-type]
        except ConnectionDropped as dropped:
            self._drop(dropped.partial)
            return
        status, headers = collected[:2]
        self._write(status, headers, body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_any

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing, to keep the output of tests short."""

    def _environ(self) -> dict[str, Any]:
        target = urlsplit(self.path)
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()}
        body = self._body()
        return {
            **headers,
            "REQUEST_METHOD": self.command,
            "PATH_INFO": target.path,
            "QUERY_STRING": target.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "SCRIPT_NAME": "",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers

    def _write(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        lines = [
            f"HTTP/1.1 {status}",
            f"Date: {formatdate(usegmt=True)}",
            *(f"{name}: {value}" for name, value in headers),
            "",
            "",
        ]
        with contextlib.suppress(ConnectionError):  # the client may have closed the connection
            self.wfile.write("\r\n".join(lines).encode("latin-1") + body)

    def _drop(self, partial: Response | None) -> None:
        self.close_connection = True
        if partial is not None:
            self._write(f"{partial.status} OK", *partial.truncated())


@contextlib.contextmanager
def serve(fake: FakeHanko, port: int = 0, *, admin: bool = False) -> Iterator[LoopbackServer]:
    """Run the public API, or the admin API, on 127.0.0.1 in a thread. Port 0 means any free port."""
    server = LoopbackServer(fake.admin_wsgi if admin else fake.wsgi, port=port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        fake.faults.wake()
        server.hang_up()
        server.server_close()
