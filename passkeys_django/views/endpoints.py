"""The JSON endpoints that the script calls."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from .. import ceremonies, lifecycle
from ..ceremonies.cookies import Purpose
from ..conf import passkey_settings
from ..exceptions import ProviderRejected, ProviderUnavailable
from ..http.request_body import read_json_object
from ..http.urls import redirect_url
from ..models import PasskeyKind
from ..policy import registrant
from .json_endpoint import View, json_endpoint


@json_endpoint
def start_registration(request: HttpRequest) -> HttpResponse:
    registrant(request)  # before the body: nobody else learns whether their body is good
    body = read_json_object(request)
    asked = {"mediation": body.get("mediation"), "kind": body.get("kind", PasskeyKind.PASSKEY.value)}
    return JsonResponse(ceremonies.start_registration(request, **asked, device=body.get("device")))


@json_endpoint
def finalize_registration(request: HttpRequest) -> HttpResponse:
    passkey = ceremonies.finalize_registration(request, read_json_object(request))
    return JsonResponse(passkey.to_json(), status=201)


@json_endpoint
def start_login(request: HttpRequest) -> HttpResponse:
    body = read_json_object(request)
    purpose = body.get("purpose", Purpose.LOGIN.value)
    return JsonResponse(ceremonies.start_login(request, purpose=purpose, token=body.get("token")))


@json_endpoint
def finalize_login(request: HttpRequest) -> HttpResponse:
    ceremonies.finalize_login(request, read_json_object(request))
    return JsonResponse({"redirect_url": redirect_url(request, request.GET)})


def signup_endpoint(view: View) -> Callable[..., HttpResponseBase]:
    """A JSON endpoint that exists only if PASSKEY_SIGNUP_FORM is set: else it answers 404."""
    endpoint = json_endpoint(view)

    @wraps(endpoint)
    def where_people_sign_up(request: HttpRequest) -> HttpResponseBase:
        if passkey_settings.signup_form is None:
            raise Http404
        return endpoint(request)

    return where_people_sign_up


@signup_endpoint
def start_signup(request: HttpRequest) -> HttpResponse:
    return JsonResponse(ceremonies.start_signup(request, read_json_object(request)))


@signup_endpoint
def finalize_signup(request: HttpRequest) -> HttpResponse:
    ceremonies.finalize_signup(request, read_json_object(request))
    return JsonResponse({"redirect_url": redirect_url(request, request.GET)}, status=201)


@json_endpoint
def accepted_credentials(request: HttpRequest) -> HttpResponse:
    """With `{"quiet": true}`, a missing list is 204 and not an error: browsers log every failed request."""
    try:
        accepted = lifecycle.accepted_credentials(request)
    except (ProviderUnavailable, ProviderRejected):
        if read_json_object(request).get("quiet") is not True:
            raise
        return HttpResponse(status=204)
    lifecycle.note_told(request)
    return JsonResponse(accepted)
