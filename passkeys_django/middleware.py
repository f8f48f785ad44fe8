"""For sites where a removed passkey ends sessions, and for sites with PASSKEY_POLICY."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from .models import Passkey
from .policy import gate
from .sessions.authentication import session_authentication
from .sessions.opening import end_session


class RemovedPasskeyMiddleware(MiddlewareMixin):
    """Ends sessions whose passkey was removed. List this middleware after AuthenticationMiddleware.

    It costs one SQL statement for each request, and only in sessions that a passkey opened, or confirmed last.
    """

    def process_request(self, request: HttpRequest) -> None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:  # reading the session would add `Vary: Cookie`
            return
        authentication = session_authentication(request)
        if authentication is None or authentication.passkey is None:
            return
        if not Passkey.objects.on_primary().filter(pk=authentication.passkey).exists():
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
