"""A server on loopback that a test scripts: it counts connections and says exactly the bytes it is told to."""

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress


def reply(body: bytes = b'{"token": "a.b.c"}', status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Server:
    """`behaviour` answers one request; False or an OSError from it ends the connection."""

    def __init__(self, behaviour: Callable[[socket.socket], object]) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self._behaviour = behaviour
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._start(self._accept)

    def finish(self) -> None:
        """Return when every connection has ended. The client must not keep one open."""
        with socket.create_connection(self._listener.getsockname()) as last:
            last.shutdown(socket.SHUT_WR)
            last.recv(
                1
            )  # The server accepts one after the other. This one ended, so the earlier ones were accepted.
        for thread in self._threads[1:]:
            thread.join(30)
        self.connections -= 1

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for connection in self._open:
            connection.close()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            while request := _request(connection):
                self.requests.append(request)
                if self._behaviour(connection) is False:
                    break
        connection.close()


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (piece := connection.recv(65536)):
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    while length and len(body) < int(length[1]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def keep_silent(connection: socket.socket) -> None:
    """Until the client hangs up."""
    connection.recv(1)


def drip(connection: socket.socket, data: bytes, pause: float = 0.05) -> None:
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(pause)  # This is not a wait: the slowness is what is tested.
