"""Who acts as somebody else: staff with django-hijack, django-impersonate or django-loginas, for example."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest

AUTHENTICATION = "_passkeys_authentication"
"""The session's member that holds the record of the last authentication; `sessions.py` writes it."""
_NOBODY_KNOWN = ""


def user_key(user: AbstractBaseUser) -> str:
    """The user's primary key as Django's sessions hold it."""
    return str(user._meta.pk.value_to_string(user))


def request_user(request: HttpRequest | None) -> AbstractBaseUser | None:
    """The `request.user`, if somebody is signed in. A stateless API may have objects there that are no users."""
    user = getattr(request, "user", None)
    return user if isinstance(user, get_user_model()) else None


def is_acting_as_another(request: HttpRequest | None) -> bool:
    """Is somebody else at work under the name of `request.user`?"""
    user = request_user(request)
    return user is not None and _actor_key(request, user) != user_key(user)


def acting_user(request: HttpRequest | None) -> AbstractBaseUser | None:
    """The person behind the request, who may act as another user. None: nobody is signed in, or nobody knows who.

    One SQL statement, only while somebody acts as another.
    """
    user = request_user(request)
    if user is None:
        return None
    key = _actor_key(request, user)
    return user if key == user_key(user) else _find_user(key)


def _actor_key(request: Any, user: AbstractBaseUser) -> str:
    """The key of the person behind the request: the user's own, or that of the first clue to somebody else."""
    own = user_key(user)
    return next((key for key in _clues(request, user) if key != own), own)


def _clues(request: Any, user: Any) -> Iterator[str]:
    """The keys of all who may be behind the request. Each package leaves a mark of its own."""
    session = getattr(request, "session", {})
    if history := session.get("hijack_history"):
        yield str(history[0])  # django-hijack can be nested: the first one is the person at the keyboard
    elif getattr(user, "is_hijacked", False):
        yield _NOBODY_KNOWN
    if mark := session.get(getattr(settings, "LOGINAS_FROM_USER_SESSION_FLAG", "loginas_from_user")):
        yield _unsigned(mark)
    if impersonator := getattr(request, "impersonator", None):
        yield user_key(impersonator) if isinstance(impersonator, get_user_model()) else _NOBODY_KNOWN
    # Whoever puts another person into `request.user`, as django-impersonate does, leaves the session's own one.
    if SESSION_KEY in session:
        yield str(session[SESSION_KEY])
    if isinstance(record := session.get(AUTHENTICATION), dict) and isinstance(named := record.get("user"), str):
        yield named


def _unsigned(mark: object) -> str:
    """The key that django-loginas has signed."""
    try:
        return TimestampSigner().unsign(str(mark))
    except BadSignature:
        return _NOBODY_KNOWN


def _find_user(key: str) -> AbstractBaseUser | None:
    """The user of this key, as the database has it: the history refers to the row."""
    model = get_user_model()
    try:
        return model._base_manager.filter(pk=model._meta.pk.to_python(key)).first()
    except ValidationError:
        return None
