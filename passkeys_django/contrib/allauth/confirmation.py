"""People confirm that it is them: what they do on allauth's pages counts here, and a passkey counts at allauth."""

from typing import Any

from allauth import app_settings as allauth_settings
from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.utils import passthrough_next_redirect_url
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ...models import Passkey
from ...sessions.authentication import get_authentication, is_recently_authenticated, record_authentication
from ...sessions.opening import login_of_ours
from ...sessions.record import PASSKEY
from .user_sessions import followed

BY_PASSWORD, BY_PASSKEY, BY_NEW_LOGIN = "reauthenticate", "passkeys_django:passkey", "passkeys_django:login"
"""The ids of ways to confirm: allauth's, and ours."""


def freshen(
    request: HttpRequest, user: AbstractBaseUser, *, reauthenticated: bool = False, **_kwargs: Any
) -> None:
    """Receiver of `authentication_step_completed`: a confirmation at allauth counts here too."""
    if not reauthenticated:
        return
    with followed(request), login_of_ours(request):
        record_authentication(request, user)


def has_shown_passkey(request: HttpRequest) -> bool:
    """Has the signed-in user used a passkey within ACCOUNT_REAUTHENTICATION_TIMEOUT seconds?"""
    authentication = get_authentication(request)
    return authentication is not None and PASSKEY in authentication.methods and is_fresh(request)


def is_fresh(request: HttpRequest) -> bool:
    """Did the signed-in user authenticate within ACCOUNT_REAUTHENTICATION_TIMEOUT seconds?"""
    return is_recently_authenticated(request, max_age=app_settings.REAUTHENTICATION_TIMEOUT)


def has_passkeys(user: AbstractBaseUser) -> bool:
    """Can the user confirm with a passkey?"""
    return Passkey.objects.of(user).accepted().passkeys().exists()


def alternatives(request: HttpRequest, *without: str) -> list[dict[str, Any]]:
    """allauth's ways to confirm, each with `description` and `url`, but not those with these ids."""
    if allauth_settings.SOCIALACCOUNT_ONLY:  # then allauth has no pages for this
        return []
    methods = get_adapter().get_reauthentication_methods(request.user)
    return [_keeping_next(request, method) for method in methods if method["id"] not in without]


def _keeping_next(request: HttpRequest, method: dict[str, Any]) -> dict[str, Any]:
    return {**method, "url": passthrough_next_redirect_url(request, method["url"], REDIRECT_FIELD_NAME)}
