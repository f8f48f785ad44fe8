"""Connections that limit the total time of a reply.

A read time-out limits one wait only. A server that sends a byte now and then (in the headers, between chunks or in
the body) could keep us waiting for ever. So each reply gets a deadline, and no wait goes on after the deadline.
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
        self._patience = sock.gettimeout() or 0.0  # requests has set the read time-out before
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
            self._sock.settimeout(self._patience)  # the next request on this socket starts with the full time-out

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedSocket:
    """The one method of a socket that http.client needs to read a reply."""

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
    """An adapter for requests that sets the deadline on direct and on proxied connections."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if pool.ConnectionCls.response_class is not _TimedResponse:
            pool.ConnectionCls = _timed(pool.ConnectionCls)
        return pool
