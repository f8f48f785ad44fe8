"""The CSRF token, for apps and for front ends that cannot read Django's cookie."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.http import require_safe

from ..exceptions import CSRFFailed
from ..http.problems import problem_response
from .json_endpoint import ProblemCsrfMiddleware, csrf_protect, no_store


@login_not_required
@no_store
@require_safe
@csrf_protect  # sets the cookie, whatever MIDDLEWARE says
def csrf_token(request: HttpRequest) -> HttpResponse:
    """`{"csrf_token": …}`, but not for a page whose requests Django would refuse with this token, too.

    Browsers name the page's origin in a request to another origin. Apps, and pages of this origin, do not.
    """
    if "Origin" in request.headers and not _is_trusted(request):
        return problem_response(CSRFFailed("a page that is not in CSRF_TRUSTED_ORIGINS asks for a token"))
    return JsonResponse({"csrf_token": get_token(request)})


def _is_trusted(request: HttpRequest) -> bool:
    """Is `Origin` this site's, or one of CSRF_TRUSTED_ORIGINS?"""
    middleware: Any = ProblemCsrfMiddleware(lambda _request: HttpResponse())
    return bool(middleware._origin_verified(request))
