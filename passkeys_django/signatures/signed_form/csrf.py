"""The CSRF check of a signed form, which people and scripts can read."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware

from ...exceptions import CSRFFailed, NotAuthenticated
from ...http.problems import problem_response, wants_json
from ...sessions.reauthentication import redirect_to_authenticate


class SignedFormCsrfMiddleware(CsrfViewMiddleware):
    """Django's check. People whose session has ended go to the login page: Django's refusal has no way on."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        refusal: HttpResponse = super()._reject(request, reason)  # type: ignore[misc]  # logs it
        if wants_json(request):
            return problem_response(CSRFFailed(reason))
        return (
            refusal
            if request.user.is_authenticated
            else redirect_to_authenticate(request, NotAuthenticated(reason))
        )


csrf_protect = decorator_from_middleware(SignedFormCsrfMiddleware)
