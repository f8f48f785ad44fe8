"""The JSON in a request, read with our own limits."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError
from django.views.decorators.debug import sensitive_variables

from ..exceptions import InvalidRequest, NotJSON, RequestTooLarge
from ..protocol.strict_json import parse_json

BODY_MAX_BYTES = 64 * 1024
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def check_envelope(request: HttpRequest) -> None:
    """Refuse forms, oversized bodies and unreadable queries before Django's CSRF check parses them.

    The query is read here, so that an unreadable query is refused before somebody is signed in, and not when the
    view looks for `next` afterwards. Raises InvalidRequest, RequestTooLarge or NotJSON.
    """
    length = _content_length(request)
    if length > BODY_MAX_BYTES:
        raise RequestTooLarge("Content-Length over 64 KiB")
    if request.content_type in FORM_TYPES and (length or "Transfer-Encoding" in request.headers):
        raise NotJSON("the body is a form")
    try:
        request.GET.get("next")
    except TooManyFieldsSent as exc:
        raise InvalidRequest("over DATA_UPLOAD_MAX_NUMBER_FIELDS in the query") from exc


@sensitive_variables()
def read_json_object(request: HttpRequest) -> dict[str, Any]:
    """The request's JSON object; an empty body is an empty object, whatever its Content-Type.

    Raises RequestTooLarge, NotJSON or InvalidRequest.
    """
    body = _read_body(request)
    if not body:
        return {}
    if request.content_type != "application/json":
        raise NotJSON("the Content-Type is not application/json")
    return _parse_object(body)


@sensitive_variables()
def read_json_text(text: str) -> dict[str, Any]:
    """The JSON object in a form's field. Raises RequestTooLarge or InvalidRequest."""
    body = text.encode("utf-8", "surrogatepass")  # half a character is refused below
    if len(body) > BODY_MAX_BYTES:
        raise RequestTooLarge("JSON text over 64 KiB")
    return _parse_object(body)


def _read_body(request: HttpRequest) -> bytes:
    if _content_length(request) > BODY_MAX_BYTES:
        raise RequestTooLarge("Content-Length over 64 KiB")
    try:
        body = request.body
    except RequestDataTooBig as exc:
        raise RequestTooLarge("over DATA_UPLOAD_MAX_MEMORY_SIZE") from exc
    except (UnreadablePostError, RawPostDataException) as exc:
        raise InvalidRequest("the body cannot be read") from exc
    if len(body) > BODY_MAX_BYTES:
        raise RequestTooLarge("body over 64 KiB")
    return body


def _content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError as exc:
        raise InvalidRequest("Content-Length is not a number") from exc


def _parse_object(body: bytes) -> dict[str, Any]:
    try:
        value = parse_json(body)
    except ValueError as exc:
        raise InvalidRequest("not JSON") from exc
    if not isinstance(value, dict):
        raise InvalidRequest("not a JSON object")
    return value
