"""The fake without a port: `requests` calls it in the same thread."""

import contextlib
import io
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from unittest import mock
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from .fake import PATIENCE, FakeHanko
from .faults import ConnectionDropped, TooSlow

HOSTED = "https://passkeys.hanko.io"


class WSGIAdapter(HTTPAdapter):
    """An adapter of `requests` that calls a WSGI application: `session.mount(base_url, WSGIAdapter(app))`."""

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self.app = app

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request. For a closed connection or a long delay, raises the same as `requests` does."""
        collected: list[Any] = []
        environ = _environ(request, kwargs.get("timeout"))
        try:
            body = b"".join(self.app(environ, lambda *head: collected.extend(head)))  # type: ignore[arg-type]
        except ConnectionDropped as dropped:
            return self._dropped(request, dropped)
        except TooSlow as error:
            raise requests.ReadTimeout("read timed out", request=request) from error
        status, headers = collected[:2]
        return self._response(request, int(status.split()[0]), headers, body)

    def _dropped(self, request: requests.PreparedRequest, dropped: ConnectionDropped) -> requests.Response:
        if dropped.partial is None:
            raise requests.ConnectionError("connection dropped", request=request) from dropped
        headers, body = dropped.partial.truncated()
        return self._response(request, dropped.partial.status, headers, body)

    def _response(
        self, request: requests.PreparedRequest, status: int, headers: list[tuple[str, str]], body: bytes
    ) -> requests.Response:
        raw = HTTPResponse(
            body=io.BytesIO(body),
            headers=HTTPHeaderDict(headers),
            status=status,
            reason=HTTPStatus(status).phrase,
            preload_content=False,
            request_method=request.method,
        )
        return self.build_response(request, raw)


def _environ(request: requests.PreparedRequest, timeout: Any) -> dict[str, Any]:
    target = urlsplit(request.url or "")
    body = _body(request)
    headers = {f"HTTP_{name.upper().replace('-', '_')}": str(value) for name, value in request.headers.items()}
    return {
        "HTTP_HOST": target.netloc,
        **headers,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": target.path or "/",
        "QUERY_STRING": target.query,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": target.scheme,
        "wsgi.input": io.BytesIO(body),
        PATIENCE: timeout[1] if isinstance(timeout, tuple) else timeout,
    }


def _body(request: requests.PreparedRequest) -> bytes:
    body = request.body or b""
    if isinstance(body, (str, bytes)):
        return body.encode() if isinstance(body, str) else body
    return b"".join(body)


@contextlib.contextmanager
def in_process(fake: FakeHanko, base_url: str = HOSTED, *, admin_url: str | None = None) -> Iterator[FakeHanko]:
    """Requests to `base_url` (or `admin_url`) through `requests` go to the fake. All others go out as usual."""
    adapters = {base_url: WSGIAdapter(fake.wsgi)}
    if admin_url is not None:
        adapters[admin_url] = WSGIAdapter(fake.admin_wsgi)
    original = HTTPAdapter.send

    def send(self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        for prefix, adapter in adapters.items():
            if f"{request.url}/".startswith(f"{prefix.rstrip('/')}/"):
                return adapter.send(request, *args, **kwargs)
        return original(self, request, *args, **kwargs)

    with mock.patch.object(HTTPAdapter, "send", send):
        yield fake
