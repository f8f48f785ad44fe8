"""For sites that want a passkey's removal to end the sessions that it opened."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

from .models import Passkey
from .sessions.authentication import session_authentication
from .sessions.opening import end_session


class RemovedPasskeyMiddleware(MiddlewareMixin):
    """Signs out who signed in with a passkey that is no longer there. After AuthenticationMiddleware.

    One SQL statement a request, and only in sessions that a passkey opened, or confirmed last.
    """

    def process_request(self, request: HttpRequest) -> None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:  # reading the session would make the answer vary
            return
        authentication = session_authentication(request)
        if authentication is None or authentication.passkey is None:
            return
        if not Passkey.objects.on_primary().filter(pk=authentication.passkey).exists():
            end_session(request)
