"""Errors as problem documents (RFC 9457)."""

from http import HTTPStatus

from django.http import JsonResponse

from .exceptions import MethodNotAllowed, PasskeyError


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
