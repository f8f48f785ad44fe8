"""What browsers and password managers look for under `/.well-known/`. Nobody must sign in to read it."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_safe

from ..conf import passkey_settings
from ..http.urls import reverse_or_none
from ..relying_party import get_relying_party


@login_not_required
@require_safe
def passkey_endpoints(request: HttpRequest) -> HttpResponse:
    """Where people create and manage passkeys (W3C, A Well-Known URL for Relying Party Passkey Endpoints)."""
    origin, path = get_relying_party(request).web_origin, reverse_or_none("passkeys:list")
    url = origin and path and origin + path
    return JsonResponse({"enroll": url, "manage": url} if url else {})


@login_not_required
@require_safe
def related_origins(request: HttpRequest) -> HttpResponse:
    """Pages of other domains that may use the RP ID (WebAuthn L3, 5.11); 404 if there are none."""
    origins = passkey_settings.related_origins
    if not origins:
        raise Http404("PASSKEY_RELATED_ORIGINS is empty")
    return JsonResponse({"origins": origins})


@login_not_required
@require_safe
def change_password(request: HttpRequest) -> HttpResponse:
    """To the page named `password_change` (W3C, A Well-Known URL for Changing Passwords); 404 without one."""
    path = reverse_or_none("password_change")
    if path is None:
        raise Http404("no URL is named password_change")
    return HttpResponseRedirect(path)
