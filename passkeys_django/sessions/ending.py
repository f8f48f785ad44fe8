"""Ending a person's sessions on all devices, or on all others.

Django cannot list a person's sessions. So the user's row says since when sessions are over, every session says
when it was opened, and `RemovedPasskeyMiddleware` compares the two.
"""

import time
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import router
from django.db.models import Exists, Value
from django.http import HttpRequest
from django.utils import timezone

from ..models import Passkey, UserHandle
from ..signals import sessions_ended
from .authentication import session_authentication
from .impersonation import AUTHENTICATION, people_of_session, user_key

OPENED = "_passkeys_session_opened"
"""The session's key for the time when a login opened it. A login that shows no credential counts here too."""
WRONG_CLOCK = 60
"""In seconds. An end that lies further in the future is ignored: it would lock its user out until then."""


def end_other_sessions(request: HttpRequest, user: AbstractBaseUser) -> None:
    """End all sessions of the user but the session of this request, which gets a new key.

    The last login of this session stays as old as it was. The others end at their next request, and only on a
    site with `RemovedPasskeyMiddleware`.
    """
    request.session[OPENED] = _end_sessions(user)
    request.session.cycle_key()
    sessions_ended.send(sender=Passkey, request=request, user=user)


def end_all_sessions(user: AbstractBaseUser, *, request: HttpRequest | None = None) -> None:
    """End all sessions of the user, as staff do. `request` is that of the staff member, for history and e-mail."""
    _end_sessions(user)
    sessions_ended.send(sender=Passkey, request=request, user=user)


def outlive(request: HttpRequest, passkey: Passkey) -> None:
    """Let this session go on after its own user has removed the passkey that opened it, with a new key.

    Its browser is still to hear of the removal, and its person of its success. What the login has shown stays, and
    becomes no more recent.
    """
    record = request.session.get(AUTHENTICATION)
    if isinstance(record, dict) and record.get("passkey") == str(passkey.pk):
        request.session[AUTHENTICATION] = record | {"passkey": None}
        request.session.cycle_key()


def record_opening(request: HttpRequest | None, user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Receiver of `user_logged_in`: remember when the session was opened for this user."""
    session = getattr(request, "session", None)
    if session is not None and session.get(SESSION_KEY) == user_key(user):
        session[OPENED] = time.time()


def is_over(request: HttpRequest) -> bool:
    """Has the session's passkey been removed, or have the sessions of the session's user been ended since?

    While somebody acts as another user, that counts for both of them. Runs one SQL statement, and none if the
    session is nobody's.
    """
    people = list(_primary_keys(request))
    if not people:
        return False
    authentication = session_authentication(request)
    passkey = authentication.passkey if authentication else None
    rows = _state(people, passkey)
    if passkey is not None and not any(has_passkey for _ended_at, has_passkey in rows):
        return True
    return any(_opened_at(request) < _as_seconds(ended_at) for ended_at, _has_passkey in rows)


def _end_sessions(user: AbstractBaseUser) -> float:
    """Returns the time of the end, in seconds since the epoch, as it was stored."""
    moment = datetime.fromtimestamp(time.time(), tz=UTC)
    handle = UserHandle.objects.for_user(user)
    stored = moment if settings.USE_TZ else timezone.make_naive(moment)
    UserHandle.objects.on_primary().filter(pk=handle.pk).update(sessions_ended_at=stored)
    return moment.timestamp()


def _primary_keys(request: HttpRequest) -> Any:
    """The primary keys of the session's user, and of the person who acts as this user.

    The user of a parked session is among them, because the record of the login names them.
    """
    field: Any = get_user_model()._meta.pk
    for key in people_of_session(request):
        try:
            yield field.to_python(key)
        except ValidationError:
            continue


def _state(people: list[Any], passkey: str | None) -> list[tuple[datetime | None, bool]]:
    """For each of these people, when sessions were ended, and whether the passkey is still there.

    The statement begins with the users, because not every user has a `UserHandle`.
    """
    users = get_user_model()._base_manager.using(router.db_for_write(Passkey)).filter(pk__in=people).order_by()
    there: Any = Value(True) if passkey is None else Exists(Passkey.objects.filter(pk=passkey))
    return list(users.values_list("passkey_handle__sessions_ended_at", there))


def _opened_at(request: HttpRequest) -> float:
    """When the session was opened, or its user confirmed last. Long ago, if the session does not say it."""
    authentication, opened = session_authentication(request), request.session.get(OPENED)
    return max(authentication.at if authentication else 0.0, opened if isinstance(opened, int | float) else 0.0)


def _as_seconds(ended_at: datetime | None) -> float:
    """In seconds since the epoch; 0 if sessions were never ended, or if a wrong clock wrote the time."""
    seconds = ended_at.timestamp() if ended_at else 0.0
    return 0.0 if seconds > time.time() + WRONG_CLOCK else seconds
