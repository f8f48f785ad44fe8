"""The page "Add another device": a link and a QR code for a device of the same person."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

from ... import enrolment as room
from ...frontend.qr_code import qr_code
from ...http import limits
from ...models import Enrolment, EnrolmentReason
from ...policy.parking import parked
from ...policy.strength import registrant
from ...relying_party import pages_origin
from ...sessions.authentication import signed_in_user
from ..pages import READING, page, plain_form

DEVICE_AGE = timedelta(minutes=10)


@plain_form(*READING, "POST")
def add_device(request: HttpRequest) -> HttpResponse:
    """GET offers the link, and says with `?link=` what became of one. POST makes it, and shows it once."""
    if request.method in READING and "link" in request.GET:
        return page(request, "add_device", state=_state(request), look_url=request.get_full_path())
    user = registrant(request)
    if request.method in READING:
        return page(request, "add_device")
    limits.check("add-device", user=user)
    return _show(request, user)


@sensitive_variables()
def _show(request: HttpRequest, user: Any) -> HttpResponse:
    origin = pages_origin(request)
    if origin is None:
        raise ImproperlyConfigured("PASSKEY_ORIGINS names no origin of web pages.")
    enrolment, secret = room.make_enrolment(
        user, reason=EnrolmentReason.DEVICE, valid_for=DEVICE_AGE, request=request, created_by=user
    )
    registrant(request)  # again: a first passkey may have been made since, and then this link is shown to nobody
    url, query = room.enrolment_url(origin, secret), f"?link={enrolment.pk}"
    values = {
        "url": url,
        "qr_code": qr_code(url),
        "state_url": reverse("passkeys:add-device-state") + query,
        "look_url": reverse("passkeys:add-device") + query,
    }
    return page(request, "add_device", **values)


@plain_form(*READING)
def state(request: HttpRequest) -> HttpResponse:
    """`{"state": "open"}` for the script of the page that waits: "used", "cancelled", or "over"."""
    return JsonResponse({"state": _state(request)})


def _state(request: HttpRequest) -> str:
    """What became of a link of this person. Others' links, and what is no link, have ended.

    No fresh login is needed. A person to whom a passkey is due may ask, too.
    """
    waiting = parked(request)
    user = signed_in_user(request) if waiting is None else waiting.user
    key = request.GET.get("link", "")
    rows = Enrolment.objects.on_primary().filter(user_id=user.pk, reason=EnrolmentReason.DEVICE)
    found = rows.filter(pk=int(key)).first() if key.isascii() and key.isdigit() and len(key) < 18 else None
    return "over" if found is None else room.state_of(found)
