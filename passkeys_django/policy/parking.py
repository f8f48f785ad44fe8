"""Parked sessions: signed in, but something is due first. Until then, nobody finds a user in the session.

The keys by which Django finds the user move from the session into a value of ours. So `request.user`,
`request.auser()`, `get_user()` and channels all see nobody. What the site keeps in the session moves, too: a
person who signs in here instead must not find it.
"""

import time
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.dispatch import Signal
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from ..conf import passkey_settings
from ..sessions.impersonation import AUTHENTICATION, user_key
from ..sessions.opening import forget_user_read_before
from ..sessions.record import Authentication, read_record
from ..sessions.stored_user import auth_hashes, find_stored_user
from .due import Due

PARKED = "_passkeys_parked"
MAX_AGE = 5 * 60
"""Seconds within which the second step must follow. After that, people sign in again."""
MAX_AHEAD = 30
"""Seconds that another server's clock may be ahead of ours."""
_KEYS = (SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY)


released = Signal()
"""Sent with `request` when a parked session is signed in again, with its new key. Lists of sessions follow it."""


@dataclass(frozen=True, kw_only=True)
class Parked:
    """The person of a parked session, and what is due. `at` is when the session was parked, in seconds."""

    user: AbstractBaseUser
    authentication: Authentication | None
    due: Due
    at: float

    @property
    def may_register(self) -> bool:
        """May this person create the passkey that is due?"""
        return self.due is Due.PASSKEY


def park(request: HttpRequest, due: Due) -> None:
    """Move the session's user out of sight, with all that is the site's. Names with `_` are Django's and ours."""
    session = request.session
    keys = {name: session.pop(name) for name in _KEYS if name in session}
    kept = {name: session.pop(name) for name in list(session.keys()) if not name.startswith("_")}
    session[PARKED] = {"keys": keys, "kept": kept, "due": due.value, "at": time.time()}
    forget_user_read_before(request)
    vars(request).pop("_cached_user", None)
    request.user = AnonymousUser()


def release(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Sign the parked user in again, with a new session key. No signal of a login is sent a second time."""
    waiting = request.session.pop(PARKED, {"keys": {}})
    request.session.update({**waiting.get("kept", {}), **dict(request.session.items()), **waiting["keys"]})
    request.session.cycle_key()
    forget_user_read_before(request)
    vars(request).pop("_cached_user", None)
    request.user = user  # type: ignore[assignment]  # any user model will do
    released.send(sender=type(user), request=request)


def drop(request: HttpRequest) -> None:
    """Forget the parked user: somebody else has signed in, or the person has waited too long."""
    request.session.pop(PARKED, None)


def parked(request: HttpRequest) -> Parked | None:
    """The parked user, if their backend still finds them and the password is the same; None for other sessions."""
    waiting = request.session.get(PARKED)
    if not isinstance(waiting, dict):
        return None
    user = _find_user(waiting["keys"])
    if user is None or waiting["due"] not in set(Due):  # a later version, side by side, may know another one
        return None
    return Parked(user=user, authentication=_record(request, user), due=Due(waiting["due"]), at=waiting["at"])


def parked_user(request: HttpRequest) -> AbstractBaseUser | None:
    """The user of whom a second step is due in this session, for five minutes. Else None."""
    waiting = parked(request)
    return waiting.user if waiting is not None and waiting.due is Due.SECOND_STEP and is_open(waiting) else None


def is_open(waiting: Parked) -> bool:
    """Is there still time for what is due?"""
    return -MAX_AHEAD <= time.time() - waiting.at <= MAX_AGE


def is_recent(waiting: Parked) -> bool:
    """Has the parked user authenticated within PASSKEY_REAUTHENTICATION_AGE?"""
    shown = waiting.authentication
    return shown is not None and shown.at >= time.time() - passkey_settings.reauthentication_age


def _record(request: HttpRequest, user: AbstractBaseUser) -> Authentication | None:
    record = request.session.get(AUTHENTICATION)
    return read_record(record) if isinstance(record, dict) and record.get("user") == user_key(user) else None


def _find_user(keys: dict[str, Any]) -> AbstractBaseUser | None:
    """What `django.contrib.auth.get_user()` does with these keys."""
    if BACKEND_SESSION_KEY not in keys or SESSION_KEY not in keys:
        return None
    user: Any = find_stored_user(keys[BACKEND_SESSION_KEY], keys[SESSION_KEY])
    return user if user is not None and _has_hash(user, keys.get(HASH_SESSION_KEY, "")) else None


def _has_hash(user: Any, session_hash: str) -> bool:
    return any(constant_time_compare(session_hash, known) for known in auth_hashes(user))
