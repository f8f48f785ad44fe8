"""HTTP to one server. Only this module turns failures of the transport into our exceptions."""

import json
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

import requests
import urllib3.exceptions

from ..exceptions import HankoConnectionError, HankoProtocolError, HankoTimeout, HankoTransportError, api_error
from .session import Session, new_session

MAX_REPLY = 1024 * 1024  # bytes, decompressed
PIECE = 64 * 1024  # bytes read at a time
MAX_IDLE = 32  # connections kept open for the next requests
REQUEST_ID_LENGTH = 64  # characters kept
PROSE_LENGTH = 1000  # characters kept of an error's title, and of its details


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A reply that arrived completely. `repr` leaves out the body, which may contain a token."""

    status: int
    request_id: str | None
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The parsed body. Raises HankoProtocolError."""
        with suppress(ValueError, RecursionError):
            return json.loads(self.body)
        # Raised outside of an except block, because the decoder's own exception would carry the body along.
        raise self.unexpected("the reply is not JSON")

    def unexpected(self, reason: str) -> HankoProtocolError:
        """The exception for a reply of the wrong shape."""
        return HankoProtocolError(
            f"{reason} (status {self.status}, request {self.request_id})",
            status=self.status,
            request_id=self.request_id,
        )


class Transport:
    """Sends requests to one base URL. Threads and forked processes may share a transport.

    Time-outs are in seconds. `connect_timeout` limits each attempt to connect (two at most), `read_timeout` each
    wait. A whole reply may take twice `read_timeout`, because the server itself has no limit (contract trap 19).
    """

    def __init__(self, *, base_url: str, connect_timeout: float, read_timeout: float) -> None:
        self._base_url = base_url
        self._timeouts = (connect_timeout, read_timeout)
        self._idle: deque[Session] = deque(maxlen=MAX_IDLE)
        self._process = os.getpid()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        finalize: bool = False,
        patience: float = 0.0,
    ) -> Reply:
        """Send a request and return the reply, which has a status 2xx.

        A `body` is sent as JSON with its length (contract trap 6). `patience`: the least read time-out in seconds,
        for calls that take the server longer than others. `finalize`: as in `api_error`. Raises
        HankoTransportError or HankoAPIError.
        """
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode("ascii")
        connect, read = self._timeouts
        timeout = (connect, max(read, patience))
        with (
            _translated(),
            self._session() as session,
            session.exchange(method, path, params=params, body=data, headers=sent, timeout=timeout) as response,
        ):
            reply = _read(response)
        return _expected(method, _checked(reply, finalize))

    @contextmanager
    def _session(self) -> Iterator[Session]:
        """A session for one request. Sessions are not thread-safe, so two requests never use one at the same time.

        After a success, a later request reuses the session. We do not keep one session for each thread: under ASGI
        each request of a browser runs in a new thread, and would need a new connection.
        """
        idle = self._idle_sessions()
        try:
            session = idle.pop()
        except IndexError:
            session = new_session(self._base_url)
        yield session
        idle.append(session)

    def _idle_sessions(self) -> "deque[Session]":
        """The idle sessions of this process. On the sockets of its parent, a forked child would mix up replies."""
        if self._process != os.getpid():
            self._idle = deque(maxlen=MAX_IDLE)  # first this, then the pid: another thread may run here too
            self._process = os.getpid()
        return self._idle


@contextmanager
def _translated() -> Iterator[None]:
    """Turn exceptions of requests, urllib3, http.client and sockets into ours.

    The messages contain no header and no body of our request.
    """
    try:
        yield
    except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError) as exc:
        raise _marked(HankoTimeout("no reply in time"), exc) from exc
    except urllib3.exceptions.DecodeError as exc:
        raise HankoProtocolError("the reply cannot be decompressed") from exc
    except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as exc:
        raise _marked(HankoConnectionError(f"the connection failed: {type(exc).__name__}"), exc) from exc


def _marked(error: HankoTransportError, cause: Exception) -> HankoTransportError:
    """Set `was_sent` on the error: False if the cause shows that there was no connection."""
    reason = getattr(cause.args[0], "reason", None) if cause.args else None
    error.was_sent = not isinstance(cause, requests.ConnectTimeout) and not isinstance(
        reason, urllib3.exceptions.NewConnectionError
    )
    return error


def _read(response: requests.Response) -> Reply:
    """Read the reply. At most MAX_REPLY + 1 bytes of the body are kept."""
    body = bytearray()
    for piece in response.raw.stream(PIECE, decode_content=True):
        body += piece[: MAX_REPLY + 1 - len(body)]
        if len(body) > MAX_REPLY:
            break
    return Reply(
        status=response.status_code,
        request_id=_request_id(response.headers.get("X-Request-Id")),
        headers=response.headers,
        body=bytes(body),
    )


def _request_id(value: str | None) -> str | None:
    """The server's id of this request, if the id is safe in a log line."""
    return value[:REQUEST_ID_LENGTH] if value and value.isascii() and value.isprintable() else None


def _checked(reply: Reply, finalize: bool) -> Reply:
    """Return a successful reply, and raise for every other reply."""
    if len(reply.body) > MAX_REPLY:
        raise reply.unexpected("the reply is over 1 MiB")
    if 200 <= reply.status < 300:
        return reply
    if reply.status < 400:
        raise reply.unexpected("the reply is a redirect, which is not followed")
    title, details = _prose(reply)
    raise api_error(
        status=reply.status, title=title, details=details, request_id=reply.request_id, finalize=finalize
    )


def _expected(method: str, reply: Reply) -> Reply:
    """Require status 204 for a change or deletion, so that a proxy's page with 200 does not count as success."""
    if method in ("PUT", "PATCH", "DELETE") and reply.status != HTTPStatus.NO_CONTENT:
        raise reply.unexpected("the reply to a change has a status other than 204")
    return reply


def _prose(reply: Reply) -> tuple[str, str | None]:
    """Title and details of an error reply.

    A 5xx may have any body. A 4xx without the API's JSON raises HankoProtocolError: a 404 from a wrong address
    must not look like "this credential does not exist".
    """
    with suppress(HankoProtocolError):
        said = reply.json()
        if isinstance(said, dict) and isinstance(said.get("title"), str):
            details = said.get("details")
            return said["title"][:PROSE_LENGTH], details[:PROSE_LENGTH] if isinstance(details, str) else None
    if reply.status >= 500:
        return "", None
    raise reply.unexpected("the error does not come from the Passkey API")
