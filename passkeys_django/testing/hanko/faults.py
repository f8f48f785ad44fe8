"""Faults that a test switches on and off while the server runs."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .wire.http import Request, Response, internal_error

HTML = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"


class ConnectionDropped(Exception):
    """The server closes the connection after `partial`, a part of a response; without `partial`, after nothing."""

    def __init__(self, partial: Response | None = None) -> None:
        super().__init__()
        self.partial = partial


class TooSlow(Exception):
    """The delay is longer than the caller's read timeout. In process, we raise this instead of waiting."""


@dataclass(kw_only=True)
class Faults:
    """All faults are off at first. Set any of them at any moment; `clear()` ends all of them."""

    #: seconds that every answer takes
    delay: float = 0
    #: the status of every answer, with the body of an internal error
    status: int | None = None
    #: answer a proxy's HTML page, with `status` or 200
    garbage: bool = False
    #: close the connection without an answer
    drop: bool = False
    #: close the connection in the middle of the answer
    truncate: bool = False
    #: answers instead of the server; if it returns None, the server answers
    respond: Callable[[Request], Response | None] | None = None
    #: chooses the requests that the faults hit; by default all
    only: Callable[[Request], bool] | None = None
    _wake: threading.Event = field(default_factory=threading.Event, repr=False)

    def clear(self) -> None:
        """Switch all faults off. Requests that are being delayed continue now."""
        self.delay, self.status, self.garbage, self.drop, self.truncate = 0, None, False, False, False
        self.respond = self.only = None
        self.wake()

    def wake(self) -> None:
        """End the current delays."""
        self._wake.set()
        self._wake = threading.Event()

    def before(self, request: Request, *, patience: float | None) -> Response | None:
        """The answer instead of the server's, or None if the server answers. Raises ConnectionDropped, TooSlow."""
        if not self._hits(request):
            return None
        if self.delay:
            if patience is not None and self.delay > patience:
                raise TooSlow
            self._wake.wait(self.delay)
        if self.drop:
            raise ConnectionDropped
        response = self.respond(request) if self.respond else None
        return response or self._substitute()

    def after(self, request: Request, response: Response) -> Response:
        """The server's answer, if no fault hits it. Raises ConnectionDropped."""
        if self.truncate and self._hits(request):
            raise ConnectionDropped(response)
        return response

    def _hits(self, request: Request) -> bool:
        return self.only is None or self.only(request)

    def _substitute(self) -> Response | None:
        if self.garbage:
            return Response(status=self.status or 200, body=HTML, headers=(("Content-Type", "text/html"),))
        if self.status is None:
            return None
        error = internal_error()
        error.status = self.status
        return error.response()
