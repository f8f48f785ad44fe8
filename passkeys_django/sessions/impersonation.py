"""Does somebody act as another user? Staff do so with django-hijack, django-impersonate or django-loginas."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest

AUTHENTICATION = "_passkeys_authentication"
"""The session's key for the record of the last authentication, which `authentication.py` writes."""
_NOBODY_KNOWN = ""


def user_key(user: AbstractBaseUser) -> str:
    """The user's primary key as Django's sessions hold it."""
    return str(user._meta.pk.value_to_string(user))


def request_user(request: HttpRequest | None) -> AbstractBaseUser | None:
    """`request.user`, if somebody is signed in. A stateless API may put an object there that is not a user."""
    user = getattr(request, "user", None)
    return user if isinstance(user, get_user_model()) else None


def is_acting_as_another(request: HttpRequest | None) -> bool:
    """Does somebody else act as `request.user`?"""
    user = request_user(request)
    return user is not None and _actor_key(request, user) != user_key(user)


def is_impersonation(request: HttpRequest) -> bool:
    """Has django-hijack or django-loginas put its mark into this session? Only these packages write the marks.

    Another record than the session's user is no such mark: a plain `login()` over an existing session leaves that.
    """
    session = request.session
    return bool(session.get("hijack_history")) or bool(_loginas_mark(session))


def acting_user(request: HttpRequest | None) -> AbstractBaseUser | None:
    """The person behind the request, who may act as another user.

    None if nobody is signed in, or if the person is unknown.
    One SQL statement runs, but only while somebody acts as another user.
    """
    user = request_user(request)
    if user is None:
        return None
    key = _actor_key(request, user)
    return user if key == user_key(user) else _find_user(key)


def people_of_session(request: HttpRequest) -> set[str]:
    """The primary keys of the session's own user and of the person who acts as this user, if they are known."""
    return {key for key in _clues(request, None) if key}


def _actor_key(request: Any, user: AbstractBaseUser) -> str:
    """The primary key of the person behind the request: the first clue to somebody else, or the user's own key."""
    own = user_key(user)
    return next((key for key in _clues(request, user) if key != own), own)


def _clues(request: Any, user: Any) -> Iterator[str]:
    """The primary keys of all people who may be behind the request. Each package leaves its own mark."""
    session = getattr(request, "session", {})
    if history := session.get("hijack_history"):
        yield str(history[0])  # django-hijack can be nested: the first entry is the person at the keyboard
    elif getattr(user, "is_hijacked", False):
        yield _NOBODY_KNOWN
    if mark := _loginas_mark(session):
        yield _unsigned(mark)
    if impersonator := getattr(request, "impersonator", None):
        yield user_key(impersonator) if isinstance(impersonator, get_user_model()) else _NOBODY_KNOWN
    # Code that replaces `request.user`, as django-impersonate does, leaves the session's own user unchanged.
    if SESSION_KEY in session:
        yield str(session[SESSION_KEY])
    if isinstance(record := session.get(AUTHENTICATION), dict) and isinstance(named := record.get("user"), str):
        yield named


def _loginas_mark(session: Any) -> Any:
    return session.get(getattr(settings, "LOGINAS_FROM_USER_SESSION_FLAG", "loginas_from_user"))


def _unsigned(mark: object) -> str:
    """The key that django-loginas has signed."""
    try:
        return TimestampSigner().unsign(str(mark))
    except BadSignature:
        return _NOBODY_KNOWN


def _find_user(key: str) -> AbstractBaseUser | None:
    """The user with this primary key, read from the database: the history refers to the row."""
    model = get_user_model()
    try:
        return model._base_manager.filter(pk=model._meta.pk.to_python(key)).first()
    except ValidationError:
        return None
