"""The CSRF check of forms, which leads people whose session has ended on."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from ..exceptions import NotAuthenticated
from ..http.problems import wants_json
from .reauthentication import redirect_to_authenticate


class FormCsrfMiddleware(CsrfViewMiddleware):
    """Django's check, which leads people whose session has ended to the login page.

    With CSRF_USE_SESSIONS, the token has gone with the session, and Django's page of refusal has no way on.
    """

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        refusal: HttpResponse = super()._reject(request, reason)  # type: ignore[misc]  # logs it
        if request.user.is_authenticated or wants_json(request):
            return refusal
        return redirect_to_authenticate(request, NotAuthenticated(reason))
