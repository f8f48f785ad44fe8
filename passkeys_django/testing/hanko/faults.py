"""Things that go wrong, switched on and off while the server runs."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from .wire.http import Request, Response, internal_error

HTML = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"


class ConnectionDropped(Exception):
    """The server hangs up, after `partial`: part of a response, or nothing."""

    def __init__(self, partial: Response | None = None) -> None:
        super().__init__()
        self.partial = partial


class TooSlow(Exception):
    """In process, nobody waits for a delay that is longer than the caller's read timeout."""


@dataclass(kw_only=True)
class Faults:
    """All off at first; set any of them at any moment, `clear()` ends them all."""

    #: seconds that every answer takes
    delay: float = 0
    #: answered to everything, with the body of an internal error
    status: int | None = None
    #: answer a proxy's HTML page, with `status` or 200
    garbage: bool = False
    #: hang up without an answer
    drop: bool = False
    #: hang up in the middle of the answer
    truncate: bool = False
    #: answers in place of the server; None from it means: go on
    respond: Callable[[Request], Response | None] | None = None
    #: which requests are hit; all of them by default
    only: Callable[[Request], bool] | None = None
    _wake: threading.Event = field(default_factory=threading.Event, repr=False)

    def clear(self) -> None:
        """Everything works again, delays under way end now."""
        self.delay, self.status, self.garbage, self.drop, self.truncate = 0, None, False, False, False
        self.respond = self.only = None
        self.wake()

    def wake(self) -> None:
        """End the delays that are under way."""
        self._wake.set()
        self._wake = threading.Event()

    def before(self, request: Request, *, patience: float | None) -> Response | None:
        """What happens in place of the request, if anything; raises ConnectionDropped and TooSlow."""
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
        """What becomes of an answer; raises ConnectionDropped."""
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
