"""What the JSON endpoints have in common: CSRF protection, errors and headers of their own."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt

from ..ceremonies import apply_cookies
from ..exceptions import CSRFFailed, MethodNotAllowed, PasskeyError
from ..http.problems import problem_response
from ..http.request_body import check_envelope
from ..http.transactions import non_atomic

View = Callable[[HttpRequest], HttpResponse]


class ProblemCsrfMiddleware(CsrfViewMiddleware):
    """Django's check, with an answer that scripts can read."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        super()._reject(request, reason)  # type: ignore[misc]  # logs it
        return problem_response(CSRFFailed(reason))


no_store = cache_control(no_store=True)
"""Caches must not keep options, credentials and lists of passkeys: they are meant for one person."""
csrf_protect = decorator_from_middleware(ProblemCsrfMiddleware)


def json_endpoint(view: View) -> Callable[..., HttpResponseBase]:
    """Turn a view that takes POST and raises PasskeyErrors into an endpoint.

    The site's CSRF middleware would answer first, and in HTML. So the endpoint is exempt from it, and has a CSRF
    check of its own, which does not depend on MIDDLEWARE. The endpoint is also exempt from
    LoginRequiredMiddleware, which would redirect: the view answers 401.
    """

    @csrf_protect
    def protected(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except PasskeyError as error:
            return problem_response(error)

    @wraps(view)
    def endpoint(request: HttpRequest) -> HttpResponseBase:
        try:
            _check_request(request)
        except PasskeyError as error:
            return problem_response(error)
        return apply_cookies(request, protected(request))

    return non_atomic(login_not_required(csrf_exempt(no_store(endpoint))))


def _check_request(request: HttpRequest) -> None:
    if request.method != "POST":
        raise MethodNotAllowed("not POST")
    check_envelope(request)
