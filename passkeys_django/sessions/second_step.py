"""Between the password and the second step: a signed token that says who has shown the right password, and where.

Nobody is signed in meanwhile. The token counts for one user and one browser, for five minutes, and not after the
password has changed.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare

from ..exceptions import CeremonyExpired, CeremonyNotFound
from .impersonation import user_key
from .stored_user import auth_hashes, find_stored_user

MAX_AGE = 5 * 60
"""Seconds within which the second step must follow."""
COOKIE = "passkeys_browser"
"""Names this browser to us, with a random value, while a second step is due."""
_NEW = "_passkeys_browser"
_ASKING = "_passkeys_asks_second_step"


@contextmanager
def asking_second_step(request: HttpRequest | None) -> Iterator[None]:
    """Inside, code checks a password and will ask for the second step. So `PolicyModelBackend` lets it pass."""
    if request is None:
        yield
        return
    setattr(request, _ASKING, True)
    try:
        yield
    finally:
        vars(request).pop(_ASKING, None)


def asks_second_step(request: object) -> bool:
    """Does the code that checks a password now ask for the second step afterwards?"""
    return getattr(request, _ASKING, False) is True


def issue_token(request: HttpRequest, user: Any, *, about: str = "") -> str:
    """A token for this user, whose password was right and whose `backend` is set. `about` is signed, too."""
    facts = {
        "user": user_key(user),
        "backend": user.backend,
        "password": _digest(user.get_session_auth_hash()),
        "browser": _digest(_browser(request)),
        "about": about,
    }
    return _signer().sign_object(facts)


def user_of_token(request: HttpRequest, token: object) -> AbstractBaseUser:
    """The user for whom `issue_token` made this token in this browser; `user.backend` is set.

    Raises CeremonyExpired, and CeremonyNotFound for every other reason.
    """
    facts = _read(token)
    if not constant_time_compare(facts["browser"], _digest(request.COOKIES.get(COOKIE, ""))):
        raise CeremonyNotFound("the second step was begun in another browser")
    return _find_user(facts)


def about(token: object) -> str:
    """The text that `issue_token` has signed. Raises the same as `user_of_token`."""
    return str(_read(token)["about"])


def remember_browser(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set the cookie that names this browser, if `issue_token` needed a new one."""
    name = vars(request).get(_NEW)
    if name is not None:
        response.set_cookie(
            COOKIE,
            name,
            path=request.path.removesuffix(request.path_info) + "/",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _browser(request: HttpRequest) -> str:
    """The name of this browser; a new one if it has none."""
    if COOKIE not in request.COOKIES:
        request.COOKIES[COOKIE] = vars(request)[_NEW] = secrets.token_urlsafe(16)
    return request.COOKIES[COOKIE]


def _read(token: object) -> dict[str, str]:
    try:
        facts: dict[str, str] = _signer().unsign_object(str(token), max_age=MAX_AGE)
    except SignatureExpired as exc:
        raise CeremonyExpired("the password was entered over five minutes ago") from exc
    except (BadSignature, ValueError) as exc:  # ValueError: signed, but no JSON
        raise CeremonyNotFound("no valid token of a second step") from exc
    return facts


def _find_user(facts: dict[str, str]) -> AbstractBaseUser:
    user: Any = find_stored_user(facts["backend"], facts["user"])
    if user is None or not _is_password_of(user, facts["password"]):
        raise CeremonyNotFound("the user of the token may not log in, or has another password now")
    user.backend = facts["backend"]
    return user  # type: ignore[no-any-return]


def _is_password_of(user: Any, digest: str) -> bool:
    return any(constant_time_compare(digest, _digest(known)) for known in auth_hashes(user))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _signer() -> TimestampSigner:
    """A new signer for each call, because SECRET_KEY may be overridden at any moment."""
    return TimestampSigner(salt="passkeys_django.second_step")
