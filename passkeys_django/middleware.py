"""For sites where sessions end with a passkey or at a person's wish, and for sites with PASSKEY_POLICY."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from django.utils.module_loading import import_string

from .policy import gate
from .sessions.ending import is_over
from .sessions.opening import end_session


class RemovedPasskeyMiddleware(MiddlewareMixin):
    """Ends sessions whose passkey was removed, and sessions that their user, or staff, has ended.

    List this middleware after AuthenticationMiddleware. Each request of somebody who is signed in costs one SQL
    statement.
    """

    def process_request(self, request: HttpRequest) -> None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:  # reading the session would add `Vary: Cookie`
            return
        if is_over(request):
            end_session(request)


class PasskeyPolicyMiddleware(MiddlewareMixin):
    """Lets nobody pass who owes something under PASSKEY_POLICY. List it after AuthenticationMiddleware.

    Such a session is parked (see `policy/parking.py`): nobody is signed in until a second step or a new passkey
    has done what is due. People are led to the page for it. Scripts get the problem `second_step_required` or
    `passkey_required` (403). A session that owes nothing costs no SQL statement.
    """

    def process_request(self, request: HttpRequest) -> None:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:  # reading the session would add `Vary: Cookie`
            gate.examine(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        return gate.refuse(request) if settings.SESSION_COOKIE_NAME in request.COOKIES else None

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Park a session that was opened just now, before its browser can use it."""
        return gate.close_behind(request, response)


def ends_sessions() -> bool:
    """Does this site list RemovedPasskeyMiddleware? Without it, no session would notice that it was ended."""
    return any(map(_is_ours, settings.MIDDLEWARE))


def _is_ours(path: str) -> bool:
    listed = import_string(path)
    return isinstance(listed, type) and issubclass(listed, RemovedPasskeyMiddleware)
