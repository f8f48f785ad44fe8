"""For sites where the removal of a passkey ends the sessions that this passkey opened."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

from .models import Passkey
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
