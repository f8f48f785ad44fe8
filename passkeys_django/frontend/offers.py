"""When people are offered a passkey. "Not now" is remembered in a cookie of the browser, not in the database."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import constant_time_compare, salted_hmac

from ..conf import passkey_settings
from ..models import Passkey
from ..policy import account_of, announced
from ..providers import get_provider
from ..receivers.events import record_offer
from ..sessions.authentication import get_authentication, is_recently_authenticated
from ..sessions.impersonation import is_acting_as_another, request_user, user_key
from ..sessions.record import PASSWORD, Authentication
from ..signals import passkey_registered

COOKIE = "passkeys_not_now"
_DUE, _DAY = ".due", 24 * 60 * 60
_ACCEPTED = "_passkeys_offer_accepted"
Response = TypeVar("Response", bound=HttpResponseBase)


class Offer(StrEnum):
    """What is offered: a first passkey after a password, or a passkey on this device after a login by phone.

    DUE is a passkey that the policy will require. Its card names the date.
    """

    DUE = "due"
    FIRST = "first"
    THIS_DEVICE = "this device"


def find_offer(request: HttpRequest) -> Offer | None:
    """What to offer the person who is signed in, if anything.

    Makes at most one SQL statement, besides those that Django needs to know who is signed in. While PASSKEY_POLICY
    has a date that is to come, it may be one more.
    """
    if due_date(request) is not None:
        return None if _has_put_off(request) else Offer.DUE
    authentication = get_authentication(request) if request.user.is_authenticated else None
    if authentication is None or not is_recently_authenticated(request) or _has_answered(request, authentication):
        return None
    if authentication.method == PASSWORD:
        has_passkeys = Passkey.objects.on_primary().passkeys().filter(user_id=authentication.user).exists()
        return None if has_passkeys else Offer.FIRST
    return Offer.THIS_DEVICE if authentication.attachment == "cross-platform" else None


def due_date(request: HttpRequest) -> datetime | None:
    """From when on the person who is signed in needs a passkey that they do not have yet.

    Sessions of any age are told. Somebody who acts as another user is not.
    """
    user = request_user(request)
    if user is None or is_acting_as_another(request):
        return None
    return announced(user, request=request)


def offer_to_show(request: HttpRequest) -> Offer | None:
    """What `find_offer` finds, for a page that shows it. The history gets a row for the first offer in a session.

    With the first offer, the history and the session are written. Later pages cost what `find_offer` costs.
    """
    offer = find_offer(request)
    if offer is not None:
        record_offer(request, offer.value)
    return offer


def may_create_by_itself(request: HttpRequest, offer: Offer) -> bool:
    """May the browser create a passkey without a click? Only after a password, and if the provider can."""
    if not passkey_settings.conditional_create or not _is_first(request, offer):
        return False
    return get_provider().takes_conditional_registration


def _is_first(request: HttpRequest, offer: Offer) -> bool:
    """Is it a first passkey, and did a password open the session a short time ago?"""
    if offer is not Offer.DUE:
        return offer is Offer.FIRST
    authentication, user = get_authentication(request), request_user(request)
    if authentication is None or user is None or account_of(user, request).has_passkey:
        return False
    return authentication.method == PASSWORD and is_recently_authenticated(request)


def dismiss(request: HttpRequest, user: AbstractBaseUser, response: Response) -> Response:
    """Make no more offers to this user in this browser, for PASSKEY_NOT_NOW_AGE seconds.

    A passkey that the policy will require is put off for a day at most, so that its date stays in sight.
    """
    is_due = due_date(request) is not None
    response.set_cookie(
        COOKIE,
        _digest(user_key(user), _DUE if is_due else ""),
        max_age=min(passkey_settings.not_now_age, _DAY) if is_due else passkey_settings.not_now_age,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def remember_registration(request: HttpRequest | None, passkey: Passkey | None = None, **_kwargs: Any) -> None:
    """Receiver of `passkey_registered`: after a login by phone, one new passkey ends the offers of this login."""
    if passkey is not None and passkey.is_security_key:
        return
    authentication = get_authentication(request) if request is not None else None
    if request is not None and authentication is not None and authentication.attachment == "cross-platform":
        request.session[_ACCEPTED] = authentication.at


RECEIVERS = ((passkey_registered, remember_registration),)


def _has_answered(request: HttpRequest, authentication: Authentication) -> bool:
    """Has this user said "Not now", or created a passkey since this login?"""
    refused = constant_time_compare(request.COOKIES.get(COOKIE, ""), _digest(authentication.user))
    return refused or request.session.get(_ACCEPTED) == authentication.at


def _has_put_off(request: HttpRequest) -> bool:
    """Has this user put off the passkey that is due? An older "Not now", about a mere offer, does not count."""
    user = request_user(request)
    value = "" if user is None else _digest(user_key(user), _DUE)
    return constant_time_compare(request.COOKIES.get(COOKIE, ""), value)


def _digest(user_key: str, about: str = "") -> str:
    """The cookie's value. It does not tell who the user is, and nobody can make it for another user."""
    return salted_hmac(f"passkeys_django.not_now{about}", user_key, algorithm="sha256").hexdigest()
