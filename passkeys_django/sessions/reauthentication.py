"""What people get who have to sign in, confirm that it is them, or stop acting as somebody else."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from ..conf import passkey_settings
from ..exceptions import ActingAsAnother, NotAuthenticated, ReauthenticationRequired
from ..http.problems import problem_response, wants_json
from .authentication import login_url, require_recent_authentication, way_back

INTERRUPTIONS = (NotAuthenticated, ReauthenticationRequired, ActingAsAnother)
"""The errors after which `lead_away` knows what people can do."""


def refuse_unless_recent(request: HttpRequest, *, max_age: int | None = None) -> HttpResponse | None:
    """None for whom authenticated within `max_age` seconds (PASSKEY_REAUTHENTICATION_AGE, if that is None)."""
    try:
        require_recent_authentication(request, max_age=max_age)
    except INTERRUPTIONS as error:
        return problem_response(error) if wants_json(request) else lead_away(request, error)
    return None


def lead_away(
    request: HttpRequest, error: NotAuthenticated | ReauthenticationRequired | ActingAsAnother
) -> HttpResponse:
    """To the page "Confirm it's you" or to the login page, and back; or a page that says what to do."""
    if isinstance(error, ActingAsAnother):
        return _explain(request, error)
    if isinstance(error, ReauthenticationRequired):
        return HttpResponseRedirect(error.members["reauthentication_url"])
    return HttpResponseRedirect(login_url(way_back(request)))


def _explain(request: HttpRequest, error: ActingAsAnother) -> HttpResponse:
    """No page of ours can end what another package began, so this one leads nowhere."""
    values = {"message": error.user_message, "base_template": passkey_settings.base_template}
    return render(request, "passkeys_django/acting_as_another.html", values, status=error.status)
