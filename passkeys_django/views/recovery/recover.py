"""The page for people who cannot use their passkey."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from ... import recovery as room
from ...conf import passkey_settings
from ...enrolment import admit
from ...exceptions import NotAuthenticated, RecoveryFailed
from ...http import limits
from ...http.after_response import after_response
from ...http.problems import invalid_form, wants_json
from ...models import user_name, utc_text
from ...policy.parking import is_recent, parked
from ...recovery.forms import RecoveryCodeForm, RecoveryNameForm
from ...sessions.addresses import login_url, login_url_or_none
from ...sessions.reauthentication import require_recent_authentication
from ...sessions.second_step import user_of_token
from ..pages import READING, go_on, members, page, plain_form
from . import require_codes

BY_EMAIL = "by_email"
"""The name of the button, and the member for scripts, with which people ask for a link by e-mail."""


@sensitive_post_parameters("code", "password", "token")
@sensitive_variables()
@plain_form(*READING, "POST", stay=True)
def recover(request: HttpRequest) -> HttpResponse:
    """The ways back in: a code, or an e-mail. Neither opens a session."""
    if request.method in READING:
        return _page(request)
    sent = members(request)
    if sent.get(BY_EMAIL):
        return _by_email(request, sent)
    return (
        _page_after_password(request, sent) if _token_in(sent) and "code" not in sent else _by_code(request, sent)
    )


@sensitive_variables()
def _page_after_password(request: HttpRequest, sent: Mapping[str, Any]) -> HttpResponse:
    """The page for somebody who has typed their password and cannot show the second step."""
    token = _token_in(sent)
    return _page(request, token=token, username=user_name(user_of_token(request, token)))


@sensitive_variables()
def _token_in(sent: Mapping[str, Any]) -> str:
    """The token of the second step, for which the login form has asked; empty without one."""
    token = sent.get("token")
    return token if isinstance(token, str) else ""


def _page(request: HttpRequest, **values: Any) -> HttpResponse:
    proven = _signed_in_or_parked(request)
    shown = {
        "code_form": RecoveryCodeForm() if passkey_settings.recovery_codes else None,
        "name_form": RecoveryNameForm(auto_id="id_email_%s") if passkey_settings.recovery_by_email else None,
        "username": user_name(proven) if proven else "",
        "by_email": BY_EMAIL,
        "hours": _hours(passkey_settings.recovery_delay),
        "login_url": login_url_or_none(request),
    }
    return page(request, "recover", **(shown | values))


def _hours(seconds: int) -> int:
    """At least one: people need not know minutes."""
    return max(1, -(-seconds // 3600))


@sensitive_variables()
def _by_code(request: HttpRequest, sent: Mapping[str, Any]) -> HttpResponse:
    require_codes()
    form = RecoveryCodeForm(sent)
    if not form.is_valid():
        return _invalid(request, form, "code_form")
    name, code, password = (form.cleaned_data[field] for field in ("username", "code", "password"))
    try:
        secret = room.recover_by_code(request, name=name, code=code, password=password)
    except RecoveryFailed as error:
        if wants_json(request):
            raise
        form.add_error(None, str(error.user_message))
        return _page(request, code_form=form)
    return _go_on_to_enrol(request, secret)


@sensitive_variables()
def _go_on_to_enrol(request: HttpRequest, secret: str) -> HttpResponse:
    """To the page "Create a passkey", with the enrolment in its cookie."""
    url = reverse("passkeys:enrol")
    response = go_on(request, url, status=201)
    admit(response, secret)
    return response


def _invalid(request: HttpRequest, form: Any, name: str) -> HttpResponse:
    """The page with the form's errors. Raises InvalidRequest for scripts, with `errors` by field."""
    if not wants_json(request):
        return _page(request, **{name: form})
    raise invalid_form(form)


def _by_email(request: HttpRequest, sent: Mapping[str, Any]) -> HttpResponse:
    user = _proven(request, sent)
    if user is not None:
        enrolment = room.mail_link_to_proven(request, user)
        return _sent(request, valid_from=enrolment.not_before)
    if not passkey_settings.recovery_by_email:
        raise NotAuthenticated("recovery by e-mail needs the password", login_url=login_url(request, request.path))
    limits.check("recover", request=request)
    form = RecoveryNameForm(sent, auto_id="id_email_%s")
    if not form.is_valid():
        return _invalid(request, form, "name_form")
    response = _sent(request, valid_from=None)
    after_response(response, partial(room.mail_link_to_known, request, form.cleaned_data["username"]))
    return response


def _proven(request: HttpRequest, sent: Mapping[str, Any]) -> AbstractBaseUser | None:
    """Somebody who has just shown their password, or confirmed otherwise that it is them; None for a stranger.

    Raises CeremonyExpired or CeremonyNotFound for a bad token, ReauthenticationRequired or ActingAsAnother.
    """
    if token := _token_in(sent):
        return user_of_token(request, token)
    if request.user.is_authenticated:
        return require_recent_authentication(request)
    return _parked(request)


def _signed_in_or_parked(request: HttpRequest) -> AbstractBaseUser | None:
    return request.user if request.user.is_authenticated else _parked(request)


def _parked(request: HttpRequest) -> AbstractBaseUser | None:
    """Somebody who has just logged in, but a second step or a passkey is due."""
    waiting = parked(request)
    return waiting.user if waiting is not None and is_recent(waiting) else None


def _sent(request: HttpRequest, *, valid_from: Any) -> HttpResponse:
    """What happens next. Strangers get the same answer for every name, so it has no date."""
    if wants_json(request):
        known = {} if valid_from is None else {"valid_from": utc_text(valid_from)}
        return JsonResponse({"sent": True, **known}, status=202)
    hours = _hours(passkey_settings.recovery_delay)
    back = None if request.user.is_authenticated else login_url_or_none(request)
    return page(request, "recover_sent", valid_from=valid_from, hours=hours, login_url=back)
