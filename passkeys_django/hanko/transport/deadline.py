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

from requests import PreparedRequest, Response
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
        if left >= self._patience:
            return self._raw.readinto(buffer)  # the socket has this time-out, and changing it is a system call
        self._sock.settimeout(left)
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
    """An adapter for requests that sets the deadline on direct and on proxied connections.

    An adapter serves one address, with one proxy and one set of certificates: those of its first request. So
    requests does not search for the pool of connections again at each request.
    """

    _pool: Any = None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        if self._pool is None:
            pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
            pool.ConnectionCls = _timed(pool.ConnectionCls)
            self._pool = pool
        return self._pool

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        """What the request line names. Without a proxy, nothing needs to be looked up."""
        return super().request_url(request, proxies) if proxies else request.path_url

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """A response without cookies and encoding: we read neither."""
        response = Response()
        response.status_code, response.reason, response.raw = resp.status, resp.reason, resp
        response.headers = resp.headers  # upper and lower case are the same in them, too
        response.request, response.url = req, req.url or ""
        return response
