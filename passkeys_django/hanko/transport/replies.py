"""Turns replies into values. A wrong shape raises HankoProtocolError with the request id of the reply."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from .http import Reply

MAX_TOTAL_DIGITS = 12  # of X-Total-Count

T = TypeVar("T")


def options(reply: Reply) -> dict[str, Any]:
    """Creation or request options. The only check: there must be a challenge."""
    found = reply.json()
    inside = found.get("publicKey") if isinstance(found, dict) else None
    if not isinstance(inside, dict) or not _is_filled(inside.get("challenge")):
        raise reply.unexpected("the options have no publicKey.challenge")
    return cast(dict[str, Any], found)


def options_for_one(reply: Reply) -> dict[str, Any]:
    """Request options that name credentials. Without names, any user could answer (contract trap 6)."""
    found = options(reply)
    allowed = found["publicKey"].get("allowCredentials")
    if not isinstance(allowed, list) or not allowed:
        raise reply.unexpected("the login options for one user have no allowCredentials")
    return found


def token(reply: Reply) -> str:
    """The token (JWT) in the reply to a finalize."""
    found = reply.json()
    value = found.get("token") if isinstance(found, dict) else None
    if not isinstance(value, str) or not _is_filled(value):
        raise reply.unexpected("the reply has no token")
    return value


def plain_text(reply: Reply) -> str:
    """The whole reply as text. A page of HTML is not the text that was asked for."""
    kind = reply.headers.get("Content-Type", "").partition(";")[0]
    if kind.strip().lower() == "text/plain":
        with suppress(UnicodeDecodeError):
            return reply.body.decode()
    raise reply.unexpected("the reply is not plain text in UTF-8")


def record(reply: Reply, read: Callable[[Any], T]) -> T:
    """The whole reply as one value."""
    return _readable(reply, read, reply.json())


def records(reply: Reply, read: Callable[[Any], T]) -> list[T]:
    """The reply as a list of values."""
    found = reply.json()
    if not isinstance(found, list):
        raise reply.unexpected("the listing is not a list")
    return [_readable(reply, read, row) for row in found]


def total(reply: Reply) -> int:
    """How many rows a listing has on all its pages."""
    text = reply.headers.get("X-Total-Count", "")
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_TOTAL_DIGITS):
        raise reply.unexpected("the page has no X-Total-Count")
    return int(text)


def _readable(reply: Reply, read: Callable[[Any], T], value: Any) -> T:
    try:
        return read(value)
    except ValueError as exc:
        raise reply.unexpected(str(exc)) from exc


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and value != "" and value.isascii()
