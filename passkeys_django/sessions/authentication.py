"""How and when the user of a session authenticated."""

import logging
import time
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ..conf import passkey_settings
from ..exceptions import ActingAsAnother, NotAuthenticated
from .addresses import login_url_or_none
from .impersonation import AUTHENTICATION, is_acting_as_another, request_user, user_key
from .proof import Proof, current_proof
from .record import OTHER, PASSKEY, PASSWORD, STRONG, WEAK, Authentication, amr_of, read_record

OURS = "_passkeys_login_is_ours"

logger = logging.getLogger("passkeys_django")


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
    return read_record(record)


def is_recently_authenticated(
    request: HttpRequest, *, max_age: int | None = None, method: str | None = None
) -> bool:
    """Did the user authenticate within `max_age` seconds? None means PASSKEY_REAUTHENTICATION_AGE.

    With the method "passkey", only a login of strength 2 counts: see `Authentication.strength`. Raises ValueError
    for any other method.

    Only the session's own record counts, and not `last_login`, which any other session of the user refreshes.
    """
    authentication = get_authentication(request)
    if authentication is None or authentication.strength < wanted_strength(method):
        return False
    allowed = passkey_settings.reauthentication_age if max_age is None else max_age
    return authentication.at >= time.time() - allowed


def wanted_strength(method: str | None) -> int:
    """The strength that this `method` of a guarded view asks for. Raises ValueError for an unknown method."""
    if method not in (None, PASSKEY):
        raise ValueError(f'method must be "passkey" or None, not {method!r}.')
    return WEAK if method is None else STRONG


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
    if request is not None and has_just_authenticated(request, user):
        write_record(request, user)


def has_just_authenticated(request: HttpRequest, user: AbstractBaseUser) -> bool:
    """Has the `login()` of this moment opened the session of a user who has shown a credential for it?"""
    session = getattr(request, "session", None)
    if session is None or session.get(SESSION_KEY) != user_key(user):
        return False
    has_shown_a_credential = getattr(request, OURS, False) or _proof_of(request, user) is not None
    return has_shown_a_credential or not _was_signed_in(request, user)


def record_confirmation(request: HttpRequest) -> None:
    """Record that the signed-in user has just shown a credential, on a page "Confirm it's you" of the site's own.

    The session gets a new key. Raises NotAuthenticated if the session is nobody's, as where a token names the
    user, or ActingAsAnother: while somebody acts as the user, that person cannot confirm for them.
    """
    user = signed_in_owner(request)
    if SESSION_KEY not in request.session:
        raise NotAuthenticated("the session is nobody's")
    write_record(request, user)
    request.session.cycle_key()


def write_record(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Replace the record: what an earlier login has shown does not add to the new one."""
    proof = _proof_of(request, user)
    authentication = _by_other_means(request, user) if proof is None else authentication_by(user, proof)
    request.session[AUTHENTICATION] = authentication.to_record()


def authentication_by(user: AbstractBaseUser, proof: Proof) -> Authentication:
    """What the session records about a user who has shown this proof."""
    data = proof.credential.authenticator_data
    # A passkey that was made without verification is no second factor, even if its finder has set a PIN since.
    is_verified = data.user_verified and proof.passkey.user_verified is not False
    shown = Authentication(
        user=user_key(user),
        methods=proof.methods,
        at=time.time(),
        passkey=str(proof.passkey.pk),
        user_verified=is_verified,
        attachment=proof.credential.attachment,
    )
    amr = amr_of(shown.methods, synced=data.backup_eligible, is_strong=shown.strength == STRONG)
    return replace(shown, amr=amr)


def _by_other_means(request: HttpRequest, user: AbstractBaseUser) -> Authentication:
    methods = (_method_of_the_site(request, user),)
    amr = amr_of(methods, synced=None, is_strong=False)
    return Authentication(user=user_key(user), methods=methods, at=time.time(), amr=amr)


def _method_of_the_site(request: HttpRequest, user: AbstractBaseUser) -> str:
    """ "other", if the site's PASSKEY_LOGIN_METHOD says so; else "password", which the policy trusts least."""
    said = passkey_settings.login_method
    try:
        return OTHER if said is not None and said(request, user) == OTHER else PASSWORD
    except Exception:
        logger.exception("PASSKEY_LOGIN_METHOD failed: the login counts as one by password")
        return PASSWORD


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
