"""HTTP in and out: four JSON endpoints, the list of passkeys and its forms."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required, login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST, require_safe

from . import ceremonies, lifecycle
from .endpoints import json_endpoint, no_store, non_atomic
from .exceptions import NotAuthenticated, PasskeyError, ReauthenticationRequired
from .models import Passkey
from .problems import problem_response
from .request_body import read_json_object
from .sessions import reauthentication_url, require_recent_authentication, signed_in_user

JSON, HTML = "application/json", "text/html"
Form = Callable[[HttpRequest, UUID], HttpResponse]


@json_endpoint
def start_registration(request: HttpRequest) -> HttpResponse:
    return JsonResponse(ceremonies.start_registration(request))


@json_endpoint
def finalize_registration(request: HttpRequest) -> HttpResponse:
    passkey = ceremonies.finalize_registration(request, read_json_object(request))
    return JsonResponse(passkey.to_json(), status=201)


@json_endpoint
def start_login(request: HttpRequest) -> HttpResponse:
    return JsonResponse(ceremonies.start_login(request))


@json_endpoint
def finalize_login(request: HttpRequest) -> HttpResponse:
    ceremonies.finalize_login(request, read_json_object(request))
    return JsonResponse({"redirect_url": _redirect_url(request)})


def _redirect_url(request: HttpRequest) -> str:
    """Where `next` says, validated as Django's LoginView does, else LOGIN_REDIRECT_URL."""
    url = request.GET.get(REDIRECT_FIELD_NAME, "")
    if url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        return url
    return resolve_url(settings.LOGIN_REDIRECT_URL)


@no_store
@require_safe
@csrf_protect
@login_required
def passkey_list(request: HttpRequest) -> HttpResponseBase:
    passkeys = Passkey.objects.of(signed_in_user(request))
    return render(request, "passkeys_django/passkey_list.html", {"passkeys": passkeys})


def _owners_form(view: Form) -> Callable[..., HttpResponseBase]:
    """A plain form of the list that also speaks JSON: a PasskeyError becomes a message, or a problem document."""

    @wraps(view)
    def form(request: HttpRequest, passkey_id: UUID) -> HttpResponseBase:
        try:
            return view(request, passkey_id)
        except Passkey.DoesNotExist as error:  # somebody else's is as good as none
            raise Http404 from error
        except PasskeyError as error:
            return problem_response(error) if _wants_json(request) else _back(request, error)

    return non_atomic(login_not_required(no_store(require_POST(csrf_protect(form)))))


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type([HTML, JSON]) == JSON


def _back(request: HttpRequest, error: PasskeyError) -> HttpResponseRedirect:
    """Where a form without JavaScript leads after an error."""
    if isinstance(error, ReauthenticationRequired | NotAuthenticated):
        return HttpResponseRedirect(reauthentication_url(request))
    messages.error(request, str(error.user_message))
    return redirect("passkeys:list")


def _own_passkey(request: HttpRequest, passkey_id: UUID) -> Passkey:
    """Raises NotAuthenticated, and Passkey.DoesNotExist for somebody else's."""
    return Passkey.objects.of(signed_in_user(request)).get(pk=passkey_id)


@_owners_form
def rename(request: HttpRequest, passkey_id: UUID) -> HttpResponse:
    passkey = _own_passkey(request, passkey_id)
    members = request.POST if request.content_type != JSON else read_json_object(request)
    lifecycle.rename(passkey, members.get("name"), request=request)
    if _wants_json(request):
        return JsonResponse(passkey.to_json())
    messages.success(request, _("The passkey is now called “%(name)s”.") % {"name": passkey.name})
    return redirect("passkeys:list")


@_owners_form
def remove(request: HttpRequest, passkey_id: UUID) -> HttpResponse:
    passkey = _own_passkey(request, passkey_id)
    require_recent_authentication(request)
    lifecycle.remove(passkey, request=request)
    if _wants_json(request):
        return HttpResponse(status=204)
    messages.success(request, _("“%(name)s” was removed from this site.") % {"name": passkey.name})
    return redirect("passkeys:list")
