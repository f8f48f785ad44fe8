"""Apps at allauth's headless API have no cookies, so our middleware does not see what their sessions owe."""

from typing import Any

from allauth import app_settings as allauth_settings
from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest

from ...policy import what_is_due
from ...policy.gate import problem_of
from ...sessions.authentication import session_authentication
from ...sessions.opening import end_session


def refuse_what_is_due(request: HttpRequest, user: Any) -> None:
    """End the session that an app has just opened, if its user owes something. Raises ImmediateHttpResponse.

    The problem has no `url`: the page is for browsers, and an app signs in with a passkey.
    """
    if not _is_app(request):
        return
    due = what_is_due(user, session_authentication(request), request=request)
    if due is not None:
        end_session(request)
        raise ImmediateHttpResponse(_answer(request, problem_of(due)))


def _is_app(request: HttpRequest) -> bool:
    if not allauth_settings.HEADLESS_ENABLED:
        return False
    from allauth.headless.constants import Client

    headless = getattr(getattr(request, "allauth", None), "headless", None)
    return headless is not None and headless.client == Client.APP


def _answer(request: HttpRequest, problem: Any) -> Any:
    """The problem as an answer of the API: allauth would replace any other by its own."""
    from allauth.headless.internal.restkit.response import APIResponse

    response = APIResponse(request, status=problem.status_code)
    response.content = problem.content
    response["Content-Type"] = problem["Content-Type"]
    return response
