"""The CSRF check of a signed form, which people and scripts can read."""

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import decorator_from_middleware

from ...exceptions import CSRFFailed
from ...http.problems import problem_response, wants_json
from ...sessions.csrf import FormCsrfMiddleware


class SignedFormCsrfMiddleware(FormCsrfMiddleware):
    """The check of our other forms, with an answer that scripts can read."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        refusal = super()._reject(request, reason)  # logs it
        return problem_response(CSRFFailed(reason)) if wants_json(request) else refusal


csrf_protect = decorator_from_middleware(SignedFormCsrfMiddleware)
