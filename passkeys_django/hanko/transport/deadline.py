"""Connections whose replies end in time.

A read time-out bounds one wait, so a server that sends a byte now and then, in the headers, between chunks or in
the body, could hold us for ever. Here every wait of a reply is cut to what is left of one allowance.
"""

import io
import socket
import time
from functools import cache
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter

READS_PER_REPLY = 2  # a whole reply may take this many read time-outs


class _TimedReader(io.RawIOBase):
    """The raw bytes of one reply."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._patience = sock.gettimeout() or 0.0  # the read time-out, set by now
        self._deadline = time.monotonic() + READS_PER_REPLY * self._patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the reply takes too long")
        self._sock.settimeout(min(self._patience, left))
        try:
            return self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(self._patience)  # the next request must not inherit a remainder

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """All that http.client asks of a socket that it reads a reply from."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReader(self._sock))


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_TimedSocket(sock), *args, **kwargs)  # type: ignore[arg-type]


@cache
def _timed(connection_class: type) -> type:
    return type(connection_class.__name__, (connection_class,), {"response_class": _TimedResponse})


class DeadlineAdapter(HTTPAdapter):
    """An adapter of requests, for direct and proxied connections alike."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if pool.ConnectionCls.response_class is not _TimedResponse:
            pool.ConnectionCls = _timed(pool.ConnectionCls)
        return pool
