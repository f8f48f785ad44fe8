"""From replies to values. Whatever has the wrong shape is a HankoProtocolError with the reply's request id."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from .http import Reply

MAX_TOTAL_DIGITS = 12  # of X-Total-Count

T = TypeVar("T")


def options(reply: Reply) -> dict[str, Any]:
    """Creation or request options: what matters is that there is a challenge."""
    found = reply.json()
    inside = found.get("publicKey") if isinstance(found, dict) else None
    if not isinstance(inside, dict) or not _is_filled(inside.get("challenge")):
        raise reply.unexpected("options without publicKey.challenge")
    return cast(dict[str, Any], found)


def options_for_one(reply: Reply) -> dict[str, Any]:
    """Request options that name credentials: without those anybody could answer (contract trap 6)."""
    found = options(reply)
    allowed = found["publicKey"].get("allowCredentials")
    if not isinstance(allowed, list) or not allowed:
        raise reply.unexpected("login options for one user without allowCredentials")
    return found


def token(reply: Reply) -> str:
    """The JWT of a finalize."""
    found = reply.json()
    value = found.get("token") if isinstance(found, dict) else None
    if not isinstance(value, str) or not _is_filled(value):
        raise reply.unexpected("no token")
    return value


def record(reply: Reply, read: Callable[[Any], T]) -> T:
    """The whole reply as one value."""
    return _readable(reply, read, reply.json())


def records(reply: Reply, read: Callable[[Any], T]) -> list[T]:
    """The reply as a list of values."""
    found = reply.json()
    if not isinstance(found, list):
        raise reply.unexpected("a listing that is no list")
    return [_readable(reply, read, row) for row in found]


def total(reply: Reply) -> int:
    """How many rows a listing has on all its pages."""
    text = reply.headers.get("X-Total-Count", "")
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_TOTAL_DIGITS):
        raise reply.unexpected("a page without X-Total-Count")
    return int(text)


def _readable(reply: Reply, read: Callable[[Any], T], value: Any) -> T:
    try:
        return read(value)
    except ValueError as exc:
        raise reply.unexpected(str(exc)) from exc


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and value != "" and value.isascii()
