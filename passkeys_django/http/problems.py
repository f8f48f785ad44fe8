"""Errors as problem documents (RFC 9457), and whether a client wants JSON instead of a page."""

from http import HTTPStatus

from django.forms import BaseForm
from django.http import HttpRequest, JsonResponse

from ..exceptions import InvalidRequest, MethodNotAllowed, PasskeyError

JSON, HTML = "application/json", "text/html"
ACCEPT_MAX_LENGTH = 2_000
"""In characters; browsers and scripts send far fewer. Django needs 0.2 s of CPU for 64 kB of semicolons."""


def wants_json(request: HttpRequest) -> bool:
    """Does `Accept` prefer JSON? A header that is too long is not parsed, and counts as no."""
    if len(request.headers.get("Accept", "")) > ACCEPT_MAX_LENGTH:
        return False
    return request.get_preferred_type([HTML, JSON]) == JSON


def problem_response(error: PasskeyError) -> JsonResponse:
    """The error as application/problem+json: `code` for scripts, `detail` for people. The log has the reason."""
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


def invalid_form(form: BaseForm) -> InvalidRequest:
    """The error that shows the form's texts to people. The log gets only the form's error codes."""
    codes = {name: [error.code for error in errors] for name, errors in form.errors.as_data().items()}
    texts = {name: [str(text) for text in errors] for name, errors in form.errors.items()}
    text = " ".join(dict.fromkeys(text for errors in texts.values() for text in errors))
    return InvalidRequest(f"the form has errors: {codes}", user_message=text, errors=texts)
