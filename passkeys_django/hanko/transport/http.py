"""HTTP to one server: every failure of the transport becomes one of our exceptions, here and nowhere else."""

import json
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3.exceptions
from urllib3.util.retry import Retry

from ... import __version__
from ..exceptions import HankoConnectionError, HankoProtocolError, HankoTimeout, HankoTransportError, api_error
from .deadline import DeadlineAdapter

MAX_REPLY = 1024 * 1024  # bytes, decompressed
PIECE = 64 * 1024  # bytes read at a time
MAX_IDLE = 32  # connections kept open for the next requests
REQUEST_ID_LENGTH = 64  # characters kept
PROSE_LENGTH = 1000  # characters kept of an error's title and of its details
USER_AGENT = f"passkeys-django/{__version__}"  # short: over 255 characters break the server (contract trap 7)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A reply that arrived completely. Its body may hold a token, so it is not shown."""

    status: int
    request_id: str | None
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The parsed body. Raises HankoProtocolError."""
        with suppress(ValueError, RecursionError):
            return json.loads(self.body)
        # Raised outside of a handler: the decoder's own exceptions carry the body.
        raise self.unexpected("the reply is not JSON")

    def unexpected(self, reason: str) -> HankoProtocolError:
        """An exception for a reply of the wrong shape."""
        return HankoProtocolError(
            f"{reason} (status {self.status}, request {self.request_id})",
            status=self.status,
            request_id=self.request_id,
        )


class Transport:
    """Sends requests to one base URL. Safe to share between threads and across forks.

    Time-outs in seconds: `connect_timeout` for each attempt to connect (two at most), `read_timeout` for each
    wait, and twice that for a whole reply, because the server has none of its own (contract trap 19).
    """

    def __init__(self, *, base_url: str, connect_timeout: float, read_timeout: float) -> None:
        self._base_url = base_url.rstrip("/")
        self._timeouts = (connect_timeout, read_timeout)
        self._idle: deque[requests.Session] = deque(maxlen=MAX_IDLE)
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
        """Send and return a reply of status 2xx. A `body` is sent as JSON, with its length (contract trap 6).

        `patience`: seconds to wait at least, for calls that take the server longer than others. Raises
        HankoTransportError or HankoAPIError; `finalize` as for `api_error`.
        """
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode("ascii")
        connect, read = self._timeouts
        timeout = (connect, max(read, patience))
        with _translated(), self._session() as session:
            reply = self._exchange(session, method, path, params=params, data=data, headers=sent, timeout=timeout)
        return _expected(method, _checked(reply, finalize))

    def _exchange(self, session: requests.Session, method: str, path: str, **kwargs: Any) -> Reply:
        url = self._base_url + path
        with session.request(method, url, allow_redirects=False, stream=True, **kwargs) as response:
            return _read(response)

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        """One for each request under way, because they are not safe to share; unless it fails, the next has it.

        Not one for each thread: under ASGI every request of a browser has a new thread, and would connect anew.
        """
        idle = self._idle_sessions()
        try:
            session = idle.pop()
        except IndexError:
            session = _new_session(self._base_url)
        yield session
        idle.append(session)

    def _idle_sessions(self) -> "deque[requests.Session]":
        """Those of this process: a child's requests on its parent's sockets would mix their replies."""
        if self._process != os.getpid():
            self._idle = deque(maxlen=MAX_IDLE)  # before the line below: another thread may be here too
            self._process = os.getpid()
        return self._idle


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None are followed. Even then requests would read the whole body to find out where they lead."""


def _new_session(base_url: str) -> requests.Session:
    """It takes proxies and certificates of the environment, as requests does, but reads them only once, and no
    passwords of the user's .netrc."""
    session = _Session()
    environment = session.merge_environment_settings(base_url, {}, None, None, None)
    session.proxies, session.verify = environment["proxies"], environment["verify"]
    session.trust_env = False  # at every call requests would read through the whole environment, and .netrc
    session.headers["User-Agent"] = USER_AGENT
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # Only where nothing can have been sent yet: a repeated finalize or delete would be answered differently.
    # False and not 0: then time-outs of a read keep their own type.
    retry = Retry(
        total=None,
        connect=1,
        read=False,
        redirect=0,
        status=0,
        other=0,
        backoff_factor=0,
        respect_retry_after_header=False,
    )
    adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=1, max_retries=retry)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what requests, urllib3, http.client and the socket raise into ours. Their messages hold no header or
    body of ours."""
    try:
        yield
    except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError) as exc:
        raise _marked(HankoTimeout("no reply in time"), exc) from exc
    except urllib3.exceptions.DecodeError as exc:
        raise HankoProtocolError("the reply cannot be decompressed") from exc
    except (requests.RequestException, urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as exc:
        raise _marked(HankoConnectionError(f"the connection failed: {type(exc).__name__}"), exc) from exc


def _marked(error: HankoTransportError, cause: Exception) -> HankoTransportError:
    """The error, which says whether anything can have been sent."""
    reason = getattr(cause.args[0], "reason", None) if cause.args else None
    error.was_sent = not isinstance(cause, requests.ConnectTimeout) and not isinstance(
        reason, urllib3.exceptions.NewConnectionError
    )
    return error


def _read(response: requests.Response) -> Reply:
    """Read the body, but never more than one byte over the limit is kept."""
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
    """The server's id of this exchange, fit for a log line."""
    return value[:REQUEST_ID_LENGTH] if value and value.isascii() and value.isprintable() else None


def _checked(reply: Reply, finalize: bool) -> Reply:
    """Let a success pass and raise for everything else."""
    if len(reply.body) > MAX_REPLY:
        raise reply.unexpected("the reply is over 1 MiB")
    if 200 <= reply.status < 300:
        return reply
    if reply.status < 400:
        raise reply.unexpected("a redirect, which is not followed")
    title, details = _prose(reply)
    raise api_error(
        status=reply.status, title=title, details=details, request_id=reply.request_id, finalize=finalize
    )


def _expected(method: str, reply: Reply) -> Reply:
    """Changes and deletions are answered with 204: a page of some proxy's, with 200, must not pass for one."""
    if method in ("PUT", "PATCH", "DELETE") and reply.status != HTTPStatus.NO_CONTENT:
        raise reply.unexpected("an answer with content where none is due")
    return reply


def _prose(reply: Reply) -> tuple[str, str | None]:
    """Title and details of an error reply.

    A 5xx means the same in whatever form. A 4xx that is not the API's own raises HankoProtocolError: a 404 from a
    wrong address must not pass for "this credential is gone".
    """
    with suppress(HankoProtocolError):
        said = reply.json()
        if isinstance(said, dict) and isinstance(said.get("title"), str):
            details = said.get("details")
            return said["title"][:PROSE_LENGTH], details[:PROSE_LENGTH] if isinstance(details, str) else None
    if reply.status >= 500:
        return "", None
    raise reply.unexpected("an error that is not the Passkey API's")
