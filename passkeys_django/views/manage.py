"""The page with a user's passkeys, and its forms."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from .. import lifecycle
from ..conf import passkey_settings
from ..exceptions import ActingAsAnother, InvalidRequest, NotAuthenticated, PasskeyError, Throttled
from ..frontend import offers
from ..http import limits
from ..http.problems import problem_response, wants_json
from ..http.urls import redirect_url
from ..middleware import ends_sessions
from ..models import Passkey
from ..policy import policy_of, require_own_strength
from ..sessions.authentication import signed_in_owner, signed_in_user
from ..sessions.ending import end_other_sessions, outlive
from ..sessions.impersonation import is_acting_as_another
from .json_endpoint import no_store
from .pages import READING, members, page, plain_form, tell


@login_not_required  # LoginRequiredMiddleware would redirect scripts too
@no_store
@vary_on_headers("Accept")
@require_safe
def passkey_list(request: HttpRequest) -> HttpResponseBase:
    """The user's passkeys, oldest first: as a page, or in JSON."""
    return _list_as_json(request) if wants_json(request) else _list_page(request)


def _list_as_json(request: HttpRequest) -> HttpResponse:
    try:
        passkeys = Passkey.objects.of(signed_in_user(request))
    except NotAuthenticated as error:
        return problem_response(error)
    return JsonResponse({"passkeys": [passkey.to_json() for passkey in passkeys]})


@csrf_protect
@login_required
def _list_page(request: HttpRequest) -> HttpResponseBase:
    return _list(request)


def _list(request: HttpRequest, **more: Any) -> HttpResponse:
    """The page with the passkeys of the user who is signed in."""
    user = signed_in_user(request)
    passkeys = list(Passkey.objects.of(user))
    alone = [passkey for passkey in passkeys if not passkey.is_security_key]
    has_keys = len(alone) < len(passkeys)
    advise_second = len(alone) == 1 and alone[0].backup_eligible is False
    values = {
        "passkeys": passkeys,
        "synced": any(passkey.backup_state for passkey in passkeys),
        "on_one_device": any(
            passkey.backup_eligible is not None and not passkey.backup_state for passkey in passkeys
        ),
        "recovery_codes": passkey_settings.recovery_codes,
        "advise_second": advise_second,
        "takes_security_keys": has_keys or policy_of(user).asks_second_step,
        "passkey_signals": lifecycle.page_signals(request, passkeys),
        "ends_sessions": ends_sessions(),
        "look_only": ActingAsAnother.user_message if is_acting_as_another(request) else None,
        "reload_at": "",
    }
    return page(request, "passkey_list", **values | more)


def _own_passkey(request: HttpRequest, passkey_id: UUID) -> Passkey:
    """Raises NotAuthenticated, ActingAsAnother, and Passkey.DoesNotExist for another user's passkey."""
    return Passkey.objects.of(signed_in_owner(request)).get(pk=passkey_id)


@plain_form(*READING, "POST")
def rename(request: HttpRequest, passkey_id: UUID) -> HttpResponse:
    """POST renames. GET leads to the list: after a refused name, people are at this address, and may come back."""
    if request.method in READING:
        return redirect("passkeys:list")
    passkey = _own_passkey(request, passkey_id)
    name = members(request).get("name")
    try:
        limits.check("rename", user=signed_in_user(request))
        lifecycle.rename(passkey, name, request=request)
    except (InvalidRequest, Throttled) as error:
        if wants_json(request):
            raise
        return _refused_rename(request, passkey, name, error)
    if wants_json(request):
        return JsonResponse(passkey.to_json())
    tell(request, messages.SUCCESS, _("The passkey is now called “%(name)s”.") % {"name": passkey.name})
    return redirect(f"{reverse('passkeys:list')}#passkey-{passkey.pk}")


def _refused_rename(request: HttpRequest, passkey: Passkey, name: object, error: PasskeyError) -> HttpResponse:
    """The list once more, with the name as it was entered, and the reason beside it.

    A browser that loads this page again would send the name again, so the buttons lead to the list.
    """
    refused = {"passkey": str(passkey.pk), "name": name, "error": error.user_message}
    response = _list(request, refused=refused, reload_at=reverse("passkeys:list"))
    response.status_code = error.status
    if error.retry_after is not None:
        response["Retry-After"] = str(error.retry_after)
    return response


@plain_form(*READING, "POST")
def remove(request: HttpRequest, passkey_id: UUID) -> HttpResponse:
    """GET shows the page that asks whether to remove; POST removes."""
    passkey = _own_passkey(request, passkey_id)
    require_own_strength(request)
    lifecycle.require_removable(request, passkey)
    if request.method in READING:
        return _ask_whether_to_remove(request, passkey)
    limits.check("remove", user=signed_in_user(request))
    lifecycle.remove(passkey, request=request)
    lifecycle.note_removal(request, passkey)
    outlive(request, passkey)
    if wants_json(request):
        return HttpResponse(status=204)
    tell(request, messages.SUCCESS, _("“%(name)s” was removed from this site.") % {"name": passkey.name})
    return redirect("passkeys:list")


def _ask_whether_to_remove(request: HttpRequest, passkey: Passkey) -> HttpResponse:
    only_way_in = lifecycle.is_only_way_in(passkey)
    only_recovery_left = not only_way_in and lifecycle.leaves_only_recovery(passkey)
    values = {"passkey": passkey, "only_way_in": only_way_in, "only_recovery_left": only_recovery_left}
    return page(request, "passkey_remove", **values)


@plain_form(*READING, "POST")
def end_sessions(request: HttpRequest) -> HttpResponse:
    """GET shows the page that asks whether to sign out everywhere else; POST does it.

    Without RemovedPasskeyMiddleware nothing would be ended, so there is no such page.
    """
    if not ends_sessions():
        raise Http404
    user = require_own_strength(request)
    if request.method in READING:
        return page(request, "end_sessions")
    limits.check("end-sessions", user=user)
    end_other_sessions(request, user)
    if wants_json(request):
        return HttpResponse(status=204)
    tell(request, messages.SUCCESS, _("You are now signed out everywhere else."))
    return redirect("passkeys:list")


@plain_form("POST")
def not_now(request: HttpRequest) -> HttpResponse:
    """Make no offers for a while, and go to the next page."""
    user = signed_in_user(request)
    answer = HttpResponse(status=204) if wants_json(request) else redirect(redirect_url(request, request.POST))
    return offers.dismiss(request, user, answer)
