"""What those get who have to sign in or confirm that it is them: a way there and back, or a problem document."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from .exceptions import NotAuthenticated, ReauthenticationRequired
from .problems import problem_response, wants_json
from .sessions import login_url, require_recent_authentication, way_back


def refuse_unless_recent(request: HttpRequest, *, max_age: int | None = None) -> HttpResponse | None:
    """None for whom authenticated within `max_age` seconds (PASSKEY_REAUTHENTICATION_AGE, if that is None)."""
    try:
        require_recent_authentication(request, max_age=max_age)
    except (NotAuthenticated, ReauthenticationRequired) as error:
        return problem_response(error) if wants_json(request) else lead_away(request, error)
    return None


def lead_away(request: HttpRequest, error: NotAuthenticated | ReauthenticationRequired) -> HttpResponseRedirect:
    """To the page "Confirm it's you" or to the login page. Both lead back."""
    if isinstance(error, ReauthenticationRequired):
        return HttpResponseRedirect(error.members["reauthentication_url"])
    return HttpResponseRedirect(login_url(way_back(request)))
