"""How and when the person of a session authenticated."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, SESSION_KEY, get_user_model, login, logout
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from .conf import passkey_settings
from .exceptions import NotAuthenticated, ReauthenticationRequired
from .login_attempt import current_proof

_RECORD = "_passkeys_authentication"
PASSKEY, PASSWORD = "passkey", "password"


@dataclass(frozen=True, kw_only=True)
class Authentication:
    """`method` is "passkey", or "password" for whatever other backend; `at` is in seconds since the epoch.

    `attachment` is where the passkey was, as the browser says: "platform" (this device), "cross-platform" (a phone
    or a security key), or None.
    """

    user: str
    method: str
    at: float
    passkey: str | None = None
    user_verified: bool = False
    attachment: str | None = None


def get_authentication(request: HttpRequest) -> Authentication | None:
    """How the signed-in person of this session authenticated last; None if the session does not say."""
    record = request.session.get(_RECORD)
    if not isinstance(record, dict) or record.get("user") != request.session.get(SESSION_KEY):
        return None
    return Authentication(**record)


def is_recently_authenticated(request: HttpRequest, *, max_age: int | None = None) -> bool:
    """Did the person authenticate within `max_age` seconds? PASSKEY_REAUTHENTICATION_AGE, if that is None.

    Only the session's own record counts. `last_login` would not do: any other session of the user refreshes it.
    """
    authentication = get_authentication(request)
    if authentication is None:
        return False
    allowed = passkey_settings.reauthentication_age if max_age is None else max_age
    return time.time() - authentication.at <= allowed


def signed_in_user(request: HttpRequest) -> AbstractBaseUser:
    """The user of the session. Raises NotAuthenticated."""
    user = request.user
    if not user.is_authenticated:
        raise NotAuthenticated("nobody is signed in")
    return user


def user_key(user: AbstractBaseUser) -> str:
    """The user's primary key as Django's sessions hold it."""
    return str(user._meta.pk.value_to_string(user))


def acting_user(request: HttpRequest | None) -> AbstractBaseUser | None:
    """Who is behind this request, if it is one of somebody signed in."""
    user = getattr(request, "user", None)
    return user if isinstance(user, get_user_model()) else None


def require_recent_authentication(request: HttpRequest, *, max_age: int | None = None) -> AbstractBaseUser:
    """The user, if they are recently authenticated. Raises NotAuthenticated or ReauthenticationRequired."""
    user = signed_in_user(request)
    if not is_recently_authenticated(request, max_age=max_age):
        raise ReauthenticationRequired(
            "the last login is too old", reauthentication_url=reauthentication_url(request)
        )
    return user


def reauthentication_url(request: HttpRequest) -> str:
    """The page "Confirm it's you", which leads back to where this request came from."""
    back = way_back(request)
    try:
        return _leading_back(reverse("passkeys:confirm"), back)
    except NoReverseMatch:  # a site with views of its own
        return login_url(back)


def login_url(back: str) -> str:
    """The site's login page, which leads back to that URL."""
    return _leading_back(resolve_url(settings.LOGIN_URL), back)


def _leading_back(page: str, back: str) -> str:
    return f"{page}?{urlencode({REDIRECT_FIELD_NAME: back})}"


def way_back(request: HttpRequest) -> str:
    """The page itself; of what a page sent, that page; if the browser does not tell, the list of passkeys."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    return _referring_page(request) or _list_url() or request.get_full_path()


def _referring_page(request: HttpRequest) -> str | None:
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return None
    return urlsplit(referer)._replace(scheme="", netloc="", fragment="").geturl()


def _list_url() -> str | None:
    try:
        return reverse("passkeys:list")
    except NoReverseMatch:  # a site with views of its own
        return None


def open_session(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Sign in, with a new session key in any case.

    `login()` alone gives one only to those who were not signed in as the same user before.
    """
    was_signed_in = SESSION_KEY in request.session
    login(request, user)  # type: ignore[arg-type]  # any user model will do
    _forget_user_read_before(request)
    if was_signed_in:
        request.session.cycle_key()


def end_session(request: HttpRequest) -> None:
    """Sign out."""
    logout(request)
    _forget_user_read_before(request)


def _forget_user_read_before(request: HttpRequest) -> None:
    """Until Django 6.1, `login()` and `logout()` leave `request.auser()` with whom it has read already."""
    vars(request).pop("_acached_user", None)


def record_authentication(request: HttpRequest | None, user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Receiver of `user_logged_in`. Token logins of APIs send it too, so the session must be the user's."""
    session = getattr(request, "session", None)
    key = user_key(user)
    if request is None or session is None or session.get(SESSION_KEY) != key:
        return
    proof = current_proof(request)
    authentication = Authentication(
        user=key,
        method=PASSWORD if proof is None else PASSKEY,
        at=time.time(),
        passkey=None if proof is None else str(proof.passkey.pk),
        user_verified=proof is not None and proof.credential.authenticator_data.user_verified,
        attachment=None if proof is None else proof.credential.attachment,
    )
    session[_RECORD] = dict(vars(authentication))
