"""The link of an enrolment, its page, and the page that cancels."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from ... import enrolment as room
from ...enrolment.cookie import dismiss
from ...exceptions import EnrolmentInvalid, EnrolmentNotYet, PasskeyError
from ...http.request_body import read_json_object
from ...http.urls import redirect_url, reverse_or_none, with_next
from ...models import Enrolment, EnrolmentReason, Passkey, UserHandle, user_name
from ...sessions.authentication import get_authentication, signed_in_user
from ..json_endpoint import json_endpoint, no_store
from ..pages import READING, page, plain_form

NO_REFERRER, OWN_PAGES = "no-referrer", "same-origin"
"""For Referrer-Policy. With "no-referrer", browsers send forms without an origin, and Django refuses these."""


@csrf_exempt
@login_not_required
@no_store
@sensitive_variables()
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Go on to the page, whose URL has no secret. Mail scanners open all links: nothing happens here.

    Other methods than GET go on too, but without the secret: Django would log the URL of a refused request.
    """
    response = HttpResponseRedirect(reverse("passkeys:enrol"))
    if request.method in READING:
        room.admit(response, token)
    response["Referrer-Policy"] = NO_REFERRER
    return response


@plain_form(*READING)
def enrol(request: HttpRequest) -> HttpResponse:
    """The page with the button "Create a passkey", or one that says what to do instead."""
    try:
        response = _invitation(request, room.admitted(request))
    except PasskeyError as error:
        response = _refusal(request, error)
    response["Referrer-Policy"] = NO_REFERRER
    return response


def _invitation(request: HttpRequest, enrolment: Enrolment) -> HttpResponse:
    user: Any = enrolment.user
    signed_in = request.user if request.user.is_authenticated else None
    values = {
        "enrolment": enrolment,
        "username": user_name(user),
        "other": user_name(signed_in) if signed_in and signed_in.pk != user.pk else "",
        "passkey_purpose": "enrol",
    }
    return page(request, "enrol", **values)


def _refusal(request: HttpRequest, error: PasskeyError) -> HttpResponse:
    """Why it does not go on, and every way that may. All links that do not work any more have the same page."""
    values = {
        "message": error.user_message,
        "valid_from": parse_datetime(error.members["valid_from"]) if isinstance(error, EnrolmentNotYet) else None,
        "login_url": _login_page(),
        "recover_url": reverse_or_none("passkeys:recover"),
    }
    response = page(request, "enrol_refused", **values)
    response.status_code = error.status
    return response


def _login_page() -> str | None:
    """Without `next`, which would lead back to a link that does not work."""
    try:
        return resolve_url(settings.LOGIN_URL)
    except NoReverseMatch:
        return None


@json_endpoint
def start_enrolment(request: HttpRequest) -> HttpResponse:
    return JsonResponse(room.start_enrolment(request, link=read_json_object(request).get("link")))


@json_endpoint
def finalize_enrolment(request: HttpRequest) -> HttpResponse:
    used = room.finalize_enrolment(request, read_json_object(request))
    return answer(next_page(request, used))


def answer(url: str) -> HttpResponse:
    """To the script: where to go now. The link is used up, so its cookie goes."""
    response = JsonResponse({"redirect_url": url}, status=201)
    dismiss(response)
    return response


def next_page(request: HttpRequest, used: Enrolment) -> str:
    """The page about lost passkeys, for people who have others. People who add a device have lost none."""
    url = redirect_url(request, request.GET)
    if used.reason == EnrolmentReason.DEVICE or Passkey.objects.of(used.user).count() < 2:
        return url
    return with_next(reverse("passkeys:enrolled"), url)


@plain_form(*READING)
def enrolled(request: HttpRequest) -> HttpResponse:
    """After an enrolment: which of the other passkeys are lost? Each can be removed on a page of its own."""
    user, authentication = signed_in_user(request), get_authentication(request)
    current = authentication and authentication.passkey
    others = [passkey for passkey in Passkey.objects.of(user) if str(passkey.pk) != current]
    handle = UserHandle.objects.for_user(user)
    values = {"others": others, "on_probation": handle.is_on_probation}
    return page(request, "enrolled", **values, go_on=redirect_url(request, request.GET))


@plain_form(*READING, "POST")
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, POST cancels. The link was mailed to the owner, who need not be signed in."""
    enrolment = Enrolment.objects.of_cancel_token(token)
    if enrolment is None:
        return _refusal(request, EnrolmentInvalid("not a link that cancels"))
    if request.method == "POST":
        room.cancel(enrolment, request=request)
        return HttpResponseRedirect(request.get_full_path())
    state, username = room.state_of(enrolment), user_name(enrolment.user)
    response = page(request, "enrol_cancel", enrolment=enrolment, state=state, username=username)
    response["Referrer-Policy"] = OWN_PAGES
    return response
