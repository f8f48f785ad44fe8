"""A login by passkey goes through allauth's own login: its stages, hooks, signals and messages hold for it."""

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

from ...http.transactions import atomic_request
from ...sessions.authentication import authentication_by
from ...sessions.impersonation import AUTHENTICATION
from ...sessions.proof import current_proof

ALLAUTHS_OWN_PASSKEY = {"method": "mfa", "type": "webauthn", "passwordless": True}
"""How allauth records a login with a passkey of its own. It asks such people for no second factor."""


def log_in(request: HttpRequest, user: AbstractBaseUser, *, redirect_url: str | None = None) -> HttpResponse:
    """The answer to somebody whose passkey this request has verified: signed in, or led to allauth's next stage.

    Without `redirect_url`, allauth's adapter decides where to go.
    """
    passkey = record_for_allauth(request, user)
    with atomic_request():
        response: HttpResponse = perform_login(
            request, user, redirect_url=redirect_url, signal_kwargs={"passkey": passkey}
        )
    return response


def record_for_allauth(request: HttpRequest, user: AbstractBaseUser) -> dict[str, Any] | None:
    """Record the passkey of this request for allauth's stages. The result is for `record_passkey`."""
    proof = current_proof(request)
    shown = None if proof is None else authentication_by(user, proof).to_record()
    record_authentication(request, user, **_record(shown))
    return shown


def _record(shown: dict[str, Any] | None) -> dict[str, Any]:
    """A passkey is two factors only if the device verified its user. If not, allauth asks for its second one."""
    if shown is None or not shown["user_verified"]:
        return {"method": "passkey"}
    return {**ALLAUTHS_OWN_PASSKEY, "id": shown["passkey"]}


def record_passkey(
    request: HttpRequest, user: AbstractBaseUser, passkey: dict[str, Any] | None = None, **_kwargs: Any
) -> None:
    """Receiver of allauth's `user_logged_in`: the session records the passkey, even if a stage came in between.

    Then another request than the one with the passkey opens the session.
    """
    if passkey is not None:
        request.session[AUTHENTICATION] = {**passkey, "at": time.time()}


def remember(request: HttpRequest, wished: bool) -> None:
    """End the session with the browser, or not: as ACCOUNT_SESSION_REMEMBER says, or else as the person wished."""
    setting = app_settings.SESSION_REMEMBER
    stays = wished if setting is None else setting
    request.session.set_expiry(app_settings.SESSION_COOKIE_AGE if stays else 0)
