"""Turns WSGI requests into what handlers need, and their responses into WSGI."""

import json
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

JSON_TYPE = "application/json; charset=UTF-8"
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, with its whole body."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    scheme: str
    remote_address: str
    request_id: str

    @property
    def chunked(self) -> bool:
        """Did the body come in chunks, without a Content-Length?"""
        return "chunked" in self.headers.get("transfer-encoding", "").lower()

    @property
    def segments(self) -> tuple[str, ...]:
        """The path, split at its slashes."""
        return tuple(self.path[1:].split("/"))

    @property
    def source_address(self) -> str:
        """The client's address, from the headers that the server trusts."""
        forwarded = self.headers.get("x-forwarded-for", "").split(",")[0].strip()
        return forwarded or self.headers.get("x-real-ip") or self.remote_address

    def parameter(self, name: str) -> str:
        """The first value of a query parameter, "" if absent."""
        return next((value for key, value in self.query if key == name), "")

    def parameters(self, name: str) -> list[str]:
        """Every value of a query parameter."""
        return [value for key, value in self.query if key == name]


@dataclass(frozen=True, kw_only=True)
class Response:
    """One response. `send` adds `Content-Length`."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def with_headers(self, headers: Iterable[tuple[str, str]]) -> "Response":
        """The same response with more headers."""
        return Response(status=self.status, body=self.body, headers=(*self.headers, *headers))

    def truncated(self) -> tuple[list[tuple[str, str]], bytes]:
        """Headers that promise the whole body, and half of it."""
        headers = [*self.headers, ("Content-Length", str(len(self.body) + 1))]
        return headers, self.body[: len(self.body) // 2]


class ApiError(Exception):
    """A deliberate error of the API: status, title and details."""

    def __init__(self, status: int, title: str, details: str | None = "") -> None:
        super().__init__(status, title, details)
        self.status = status
        self.title = title
        self.details = details

    def response(self) -> Response:
        """The response for this error, without `details` if the server did not expect the error."""
        body: dict[str, Any] = {"title": self.title}
        if self.details is not None:
            body["details"] = self.details
        return json_response({**body, "status": self.status}, status=self.status)


def internal_error() -> ApiError:
    """The answer to a database error or a broken key."""
    return ApiError(500, "Internal Server Error", None)


def json_text(value: Any) -> str:
    """`value` as Go's encoder writes it, without the line feed."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def json_response(value: Any, *, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """A JSON response with the line feed at its end."""
    body = (json_text(value) + "\n").encode("utf-8", "replace")
    return Response(status=status, body=body, headers=(("Content-Type", JSON_TYPE), *headers))


def no_content() -> Response:
    """204."""
    return Response(status=204)


def read_request(environ: WSGIEnvironment) -> Request:
    """The request in a WSGI environment."""
    headers = {key[5:].replace("_", "-").lower(): str(environ[key]) for key in environ if key.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    return Request(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO") or "/",
        query=tuple(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
        headers=headers,
        body=_read_body(environ, chunked="chunked" in headers.get("transfer-encoding", "").lower()),
        scheme=headers.get("x-forwarded-proto") or environ["wsgi.url_scheme"],
        remote_address=environ.get("REMOTE_ADDR", "127.0.0.1"),
        request_id=headers.get("x-request-id") or new_request_id(),
    )


def _read_body(environ: WSGIEnvironment, *, chunked: bool) -> bytes:
    """The whole body. WSGI servers decode a chunked body, which then ends where the input ends."""
    body: bytes = environ["wsgi.input"].read(-1 if chunked else int(environ.get("CONTENT_LENGTH") or 0))
    return body


def new_request_id() -> str:
    """32 random letters."""
    return "".join(secrets.choice(string.ascii_letters) for _ in range(32))


def send(request: Request, response: Response, start_response: StartResponse) -> Iterable[bytes]:
    """Send the response through WSGI, with the headers that every response has."""
    headers = [*response.headers, ("X-Request-Id", request.request_id)]
    if request.method == "HEAD":  # no endpoint offers HEAD, so the response is always a 404 without its body
        headers = [header for header in headers if header[0] != "Content-Type"]
    elif response.status != HTTPStatus.NO_CONTENT:
        headers.append(("Content-Length", str(len(response.body))))
    start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
    return [] if request.method == "HEAD" else [response.body]
