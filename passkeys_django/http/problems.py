"""Errors as problem documents (RFC 9457), and who wants JSON where people get a page."""

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse

from ..exceptions import MethodNotAllowed, PasskeyError

JSON, HTML = "application/json", "text/html"
ACCEPT_MAX_LENGTH = 2_000
"""Characters that browsers and scripts stay far below. Django needs 0.2 s of CPU for 64 kB of semicolons."""


def wants_json(request: HttpRequest) -> bool:
    """Does `Accept` prefer JSON? Nobody reads one that is too long."""
    if len(request.headers.get("Accept", "")) > ACCEPT_MAX_LENGTH:
        return False
    return request.get_preferred_type([HTML, JSON]) == JSON


def problem_response(error: PasskeyError) -> JsonResponse:
    """The error as application/problem+json: `code` for scripts, `detail` for people, nothing for attackers."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": str(error.user_message),
        "code": error.code,
        **error.members,
    }
    response = JsonResponse(document, status=error.status, content_type="application/problem+json")
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    if isinstance(error, MethodNotAllowed):
        response["Allow"] = "POST"
    return response
