"""Errors as problem documents (RFC 9457), and who wants JSON where people get a page."""

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse

from .exceptions import MethodNotAllowed, PasskeyError

JSON, HTML = "application/json", "text/html"


def wants_json(request: HttpRequest) -> bool:
    """Does `Accept` prefer JSON?"""
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
