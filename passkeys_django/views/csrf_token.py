"""The CSRF token, for apps and front ends that cannot read Django's cookie, and what passkeys_api.js must know."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.views.decorators.http import require_safe

from ..exceptions import CSRFFailed
from ..frontend.script_config import front_end_config
from ..http.problems import problem_response
from .json_endpoint import ProblemCsrfMiddleware, csrf_protect, no_store


def for_trusted_pages(members: Callable[[HttpRequest], dict[str, Any]]) -> Callable[..., HttpResponseBase]:
    """A view that answers these members, but not to a page whose requests Django would refuse with the token, too.

    Browsers name the page's origin in a request to another origin. Apps, and pages of this origin, do not.
    """

    @login_not_required
    @no_store
    @require_safe
    @csrf_protect  # sets the cookie, whatever MIDDLEWARE says
    @wraps(members)
    def view(request: HttpRequest) -> HttpResponse:
        if "Origin" in request.headers and not _is_trusted(request):
            return problem_response(CSRFFailed("a page that is not in CSRF_TRUSTED_ORIGINS asks for a token"))
        return JsonResponse(members(request))

    return view


@for_trusted_pages
def csrf_token(request: HttpRequest) -> dict[str, Any]:
    """`{"csrf_token": …}`."""
    return {"csrf_token": get_token(request)}


@for_trusted_pages
def script_config(request: HttpRequest) -> dict[str, Any]:
    """What passkeys_api.js must know, with a token."""
    config = front_end_config()
    config["csrf"]["token"] = get_token(request)
    return config


def _is_trusted(request: HttpRequest) -> bool:
    """Is `Origin` this site's, or one of CSRF_TRUSTED_ORIGINS?"""
    middleware: Any = ProblemCsrfMiddleware(lambda _request: HttpResponse())
    return bool(middleware._origin_verified(request))
