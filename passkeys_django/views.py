"""HTTP in and out: the JSON endpoints, the pages of passkeys and their forms."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required, login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from . import ceremonies, lifecycle, limits, offers
from .conf import passkey_settings
from .endpoints import View, json_endpoint, no_store, non_atomic
from .exceptions import ActingAsAnother, LoginFailed, PasskeyError, ProviderRejected, ProviderUnavailable
from .forms import PasswordConfirmationForm
from .impersonation import is_acting_as_another
from .models import Passkey, user_name
from .problems import JSON, problem_response, wants_json
from .reauthentication import INTERRUPTIONS, lead_away
from .request_body import read_json_object
from .sessions import (
    end_session,
    get_authentication,
    login_url,
    open_session,
    require_recent_authentication,
    signed_in_owner,
    signed_in_user,
)
from .ways_in import has_password

READING = ("GET", "HEAD")
SIGN_IN_AGAIN = "sign_in_again"
"""The button of people who can confirm neither with a password nor with a passkey."""
Form = Callable[..., HttpResponse]


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
    return JsonResponse({"redirect_url": _redirect_url(request, request.GET)})


def _signup_endpoint(view: View) -> Callable[..., HttpResponseBase]:
    """A JSON endpoint of a site where people sign up with a passkey; elsewhere there is none."""
    endpoint = json_endpoint(view)

    @wraps(endpoint)
    def where_people_sign_up(request: HttpRequest) -> HttpResponseBase:
        if passkey_settings.signup_form is None:
            raise Http404
        return endpoint(request)

    return where_people_sign_up


@_signup_endpoint
def start_signup(request: HttpRequest) -> HttpResponse:
    return JsonResponse(ceremonies.start_signup(request))


@_signup_endpoint
def finalize_signup(request: HttpRequest) -> HttpResponse:
    ceremonies.finalize_signup(request, read_json_object(request))
    return JsonResponse({"redirect_url": _redirect_url(request, request.GET)}, status=201)


@json_endpoint
def accepted_credentials(request: HttpRequest) -> HttpResponse:
    """With `{"quiet": true}` no list is no error: browsers show every failed request in their console."""
    quiet = read_json_object(request).get("quiet") is True
    try:
        accepted = lifecycle.accepted_credentials(request)
    except (ProviderUnavailable, ProviderRejected):
        if not quiet:
            raise
        return HttpResponse(status=204)
    lifecycle.forget_removals(request)
    return JsonResponse(accepted)


def _redirect_url(request: HttpRequest, source: QueryDict) -> str:
    """Where `next` says, validated as Django's LoginView does, else LOGIN_REDIRECT_URL."""
    url = source.get(REDIRECT_FIELD_NAME, "")
    if url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        return url
    return resolve_url(settings.LOGIN_REDIRECT_URL)


@no_store
@require_safe
@csrf_protect
@login_required
def passkey_list(request: HttpRequest) -> HttpResponseBase:
    passkeys = list(Passkey.objects.of(signed_in_user(request)))
    advise_second = len(passkeys) == 1 and passkeys[0].backup_eligible is False
    values = {
        "passkeys": passkeys,
        "advise_second": advise_second,
        "passkey_signals": lifecycle.page_signals(request, passkeys),
        "look_only": ActingAsAnother.user_message if is_acting_as_another(request) else None,
    }
    return _page(request, "passkey_list", **values)


def _page(request: HttpRequest, name: str, **values: Any) -> HttpResponse:
    """One of our pages, in the frame that PASSKEY_BASE_TEMPLATE names."""
    authentication = get_authentication(request)
    values["current"] = authentication and authentication.passkey
    values["base_template"] = passkey_settings.base_template
    return render(request, f"passkeys_django/{name}.html", values)


def _form(*methods: str, stay: bool = False) -> Callable[[Form], Callable[..., HttpResponseBase]]:
    """A plain form that also speaks JSON: a PasskeyError becomes a message, or a problem document.

    The message is on the list of passkeys, or with `stay` on the form's own page.
    """

    def decorate(view: Form) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def form(request: HttpRequest, **captured: UUID) -> HttpResponseBase:
            try:
                return view(request, **captured)
            except Passkey.DoesNotExist as error:  # somebody else's is as good as none
                raise Http404 from error
            except PasskeyError as error:
                return problem_response(error) if wants_json(request) else _back(request, error, stay)

        return non_atomic(login_not_required(no_store(require_http_methods(methods)(csrf_protect(form)))))

    return decorate


def _back(request: HttpRequest, error: PasskeyError, stay: bool) -> HttpResponse:
    """Where a form without JavaScript leads after an error."""
    if isinstance(error, INTERRUPTIONS):
        return lead_away(request, error)
    text = str(error.user_message)
    if not _tell(request, messages.ERROR, text):
        return HttpResponse(text, status=error.status, content_type="text/plain; charset=utf-8")
    return redirect(request.get_full_path() if stay else "passkeys:list")


def _tell(request: HttpRequest, level: int, text: str) -> bool:
    """Show this on the next page; False on a site without the messages framework, which is no error."""
    messages.add_message(request, level, text, fail_silently=True)
    return hasattr(request, "_messages")


def _own_passkey(request: HttpRequest, passkey_id: UUID) -> Passkey:
    """Raises NotAuthenticated, ActingAsAnother, and Passkey.DoesNotExist for somebody else's."""
    return Passkey.objects.of(signed_in_owner(request)).get(pk=passkey_id)


def _members(request: HttpRequest) -> Mapping[str, Any]:
    """What a form says, or a script in JSON."""
    return request.POST if request.content_type != JSON else read_json_object(request)


@_form("POST")
def rename(request: HttpRequest, passkey_id: UUID) -> HttpResponse:
    passkey = _own_passkey(request, passkey_id)
    limits.check("rename", user=signed_in_user(request))
    lifecycle.rename(passkey, _members(request).get("name"), request=request)
    if wants_json(request):
        return JsonResponse(passkey.to_json())
    _tell(request, messages.SUCCESS, _("The passkey is now called “%(name)s”.") % {"name": passkey.name})
    return redirect(f"{reverse('passkeys:list')}#passkey-{passkey.pk}")


@_form(*READING, "POST")
def remove(request: HttpRequest, passkey_id: UUID) -> HttpResponse:
    """Read, the page that asks whether to remove; POST removes."""
    passkey = _own_passkey(request, passkey_id)
    require_recent_authentication(request)
    if request.method in READING:
        only_way_in = lifecycle.is_only_way_in(passkey)
        return _page(request, "passkey_remove", passkey=passkey, only_way_in=only_way_in)
    limits.check("remove", user=signed_in_user(request))
    lifecycle.remove(passkey, request=request)
    lifecycle.note_removal(request, passkey)
    if wants_json(request):
        return HttpResponse(status=204)
    _tell(request, messages.SUCCESS, _("“%(name)s” was removed from this site.") % {"name": passkey.name})
    return redirect("passkeys:list")


@_form("POST")
def not_now(request: HttpRequest) -> HttpResponse:
    """Make no offer for a while, and go on."""
    user = signed_in_user(request)
    answer = HttpResponse(status=204) if wants_json(request) else redirect(_redirect_url(request, request.POST))
    return offers.dismiss(user, answer)


@sensitive_post_parameters("password")
@_form(*READING, "POST", stay=True)
def confirm(request: HttpRequest) -> HttpResponse:
    """It is still them: by password here, by passkey through `start-login` and `finalize-login`."""
    url = _redirect_url(request, request.GET)
    if not request.user.is_authenticated and not wants_json(request):  # to sign in is as good
        return HttpResponseRedirect(login_url(url))
    user = signed_in_owner(request)
    if request.method in READING:
        return _confirm_page(request, PasswordConfirmationForm(user, request), url)
    if SIGN_IN_AGAIN in request.POST:  # a login over this session would count for nothing
        end_session(request)
        return HttpResponseRedirect(login_url(url))
    limits.check("confirm", request=request, user=user)
    form = PasswordConfirmationForm(user, request, _members(request))
    if not form.is_valid():
        return _refuse_password(request, form, url)
    open_session(request, form.confirmed)
    return JsonResponse({"redirect_url": url}) if wants_json(request) else HttpResponseRedirect(url)


def _confirm_page(request: HttpRequest, form: PasswordConfirmationForm, url: str) -> HttpResponse:
    has_passkeys = Passkey.objects.of(form.user).accepted().exists()
    if form.is_bound or not has_passkeys:
        form.fields["password"].widget.attrs["autofocus"] = True
    values = {
        "form": form if has_password(form.user) else None,
        "has_passkeys": has_passkeys,
        "sign_in_again": SIGN_IN_AGAIN,
        "username": user_name(form.user),
        "passkey_purpose": "confirm",
    }
    return _page(request, "confirm", **values)


def _refuse_password(request: HttpRequest, form: PasswordConfirmationForm, url: str) -> HttpResponse:
    if not wants_json(request):
        return _confirm_page(request, form, url)
    raise LoginFailed("no password that confirms", user_message=str(form.errors["password"][0]))
