"""How and when the user of a session authenticated."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ..conf import passkey_settings
from ..exceptions import ActingAsAnother, NotAuthenticated
from .addresses import login_url_or_none
from .impersonation import AUTHENTICATION, is_acting_as_another, request_user, user_key
from .proof import Proof, current_proof

OURS = "_passkeys_login_is_ours"

PASSKEY, PASSWORD = "passkey", "password"


@dataclass(frozen=True, kw_only=True)
class Authentication:
    """`method` is "passkey", or "password" for any other auth backend; `at` is in seconds since the epoch.

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
    """How the signed-in user of this session authenticated last.

    None if the session has no record, or if its record is about another user than `request.user`. None also while
    somebody acts as another user, as staff do with django-hijack: they have not authenticated as that user.
    """
    authentication = session_authentication(request)
    if hasattr(request, "user") and (request_user(request) is None or is_acting_as_another(request)):
        return None
    return authentication


def session_authentication(request: HttpRequest) -> Authentication | None:
    """How the session's own user authenticated last, even if `request.user` is another. None without a record."""
    record = request.session.get(AUTHENTICATION)
    if not isinstance(record, dict) or record.get("user") != request.session.get(SESSION_KEY, ""):
        return None
    return _authentication(record)


def _authentication(record: dict[str, Any]) -> Authentication:
    """Read a record that another version of this app may have written: during a deployment, two run side by side.

    Members that this version does not know are ignored. Members that are missing, or have a type that this version
    does not write, get a safe value: without a time, for example, the login counts as long ago.
    """
    passkey, method, at = _passkey_key(record), _text(record, "method"), record.get("at")
    return Authentication(
        user=record["user"],
        method=method or (PASSKEY if passkey else PASSWORD),
        at=at if isinstance(at, int | float) else 0.0,
        passkey=passkey,
        user_verified=record.get("user_verified") is True,
        attachment=_text(record, "attachment"),
    )


def _text(record: dict[str, Any], name: str) -> str | None:
    value = record.get(name)
    return value if isinstance(value, str) else None


def _passkey_key(record: dict[str, Any]) -> str | None:
    text = _text(record, "passkey")
    try:
        return None if text is None else str(UUID(text))
    except ValueError:
        return None


def is_recently_authenticated(request: HttpRequest, *, max_age: int | None = None) -> bool:
    """Did the user authenticate within `max_age` seconds? None means PASSKEY_REAUTHENTICATION_AGE.

    Only the session's own record counts, and not `last_login`, which any other session of the user refreshes.
    """
    authentication = get_authentication(request)
    if authentication is None:
        return False
    allowed = passkey_settings.reauthentication_age if max_age is None else max_age
    return authentication.at >= time.time() - allowed


def signed_in_user(request: HttpRequest) -> AbstractBaseUser:
    """The user of the session. Raises NotAuthenticated, which says where to sign in."""
    user = request.user
    if not user.is_authenticated:
        page = login_url_or_none(request)
        raise NotAuthenticated("nobody is signed in", **({"login_url": page} if page else {}))
    return user


def signed_in_owner(request: HttpRequest) -> AbstractBaseUser:
    """The user of the session, if nobody else acts as them. Raises NotAuthenticated or ActingAsAnother."""
    user = signed_in_user(request)
    if is_acting_as_another(request):
        raise ActingAsAnother("somebody acts as another user")
    return user


def record_authentication(request: HttpRequest | None, user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Receiver of `user_logged_in`: record in the session who authenticated, how and when.

    Token logins of APIs send this signal too, so nothing is recorded unless the session belongs to the user. Code
    may also call `login()` for somebody who was signed in already and has shown no credential: then an older
    record stays as it was.
    """
    session = getattr(request, "session", None)
    if request is None or session is None or session.get(SESSION_KEY) != user_key(user):
        return
    has_shown_a_credential = getattr(request, OURS, False) or _proof_of(request, user) is not None
    if has_shown_a_credential or not _was_signed_in(request, user):
        _write_record(request, user)


def record_confirmation(request: HttpRequest) -> None:
    """Record that the signed-in user has just shown a credential, on a page "Confirm it's you" of the site's own.

    The session gets a new key. Raises NotAuthenticated if the session is nobody's, as where a token names the
    user, or ActingAsAnother: while somebody acts as the user, that person cannot confirm for them.
    """
    user = signed_in_owner(request)
    if SESSION_KEY not in request.session:
        raise NotAuthenticated("the session is nobody's")
    _write_record(request, user)
    request.session.cycle_key()


def _write_record(request: HttpRequest, user: AbstractBaseUser) -> None:
    proof = _proof_of(request, user)
    authentication = Authentication(
        user=user_key(user),
        method=PASSWORD if proof is None else PASSKEY,
        at=time.time(),
        passkey=None if proof is None else str(proof.passkey.pk),
        user_verified=proof is not None and proof.credential.authenticator_data.user_verified,
        attachment=None if proof is None else proof.credential.attachment,
    )
    request.session[AUTHENTICATION] = dict(vars(authentication))


def _proof_of(request: HttpRequest, user: AbstractBaseUser) -> Proof | None:
    """The passkey that this request has shown, if it is the user's."""
    proof = current_proof(request)
    return proof if proof is not None and proof.passkey.user_id == user.pk else None


def _was_signed_in(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Was somebody signed in when this request began? By now, `login()` has replaced the user in the session.

    Code for impersonation or tokens has read `request.user` or `request.auser()` before, and Django keeps the
    result on the request. A login page has not read it, and its user comes from `authenticate()`, which sets
    `user.backend`. For a user without `backend`, the session's key tells.
    """
    readers = ("_cached_user", "_acached_user")
    if any(getattr(getattr(request, name, None), "is_authenticated", False) for name in readers):
        return True
    return not hasattr(user, "backend") and _was_users_session(request)


def _was_users_session(request: HttpRequest) -> bool:
    """Was this session a user's before `login()`, which gives a new key to anonymous sessions?

    `login()` keeps the key if the same user was signed in. It flushes another user's session, which then has none.
    With sessions in cookies, the key is the signed content, whose new value may equal the old one for a second: so
    the session as it was decides.
    """
    key = request.session.session_key
    if key is None:
        return True
    return key == request.COOKIES.get(settings.SESSION_COOKIE_NAME) and SESSION_KEY in type(request.session)(key)
