"""The answers to people who must sign in, confirm that it is them, or stop acting as another user."""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from ..conf import passkey_settings
from ..exceptions import ActingAsAnother, NotAuthenticated, ReauthenticationRequired
from ..http.problems import problem_response, wants_json
from ..http.urls import reverse_or_none
from .authentication import is_recently_authenticated, signed_in_owner

INTERRUPTIONS = (NotAuthenticated, ReauthenticationRequired, ActingAsAnother)
"""The errors that `redirect_to_authenticate` can answer."""


def require_recent_authentication(request: HttpRequest, *, max_age: int | None = None) -> AbstractBaseUser:
    """The signed-in user, who must have authenticated within `max_age` seconds.

    None means PASSKEY_REAUTHENTICATION_AGE.
    Raises NotAuthenticated, ReauthenticationRequired, or ActingAsAnother while somebody else acts as the user.
    """
    user = signed_in_owner(request)
    if not is_recently_authenticated(request, max_age=max_age):
        raise ReauthenticationRequired(
            "the last login is too old", reauthentication_url=reauthentication_url(request)
        )
    return user


def refuse_unless_recent(request: HttpRequest, *, max_age: int | None = None) -> HttpResponse | None:
    """None if the user authenticated within `max_age` seconds (default: PASSKEY_REAUTHENTICATION_AGE).

    For all other users, the response: a problem for scripts, a redirect or a page for browsers.
    """
    try:
        require_recent_authentication(request, max_age=max_age)
    except INTERRUPTIONS as error:
        return problem_response(error) if wants_json(request) else redirect_to_authenticate(request, error)
    return None


def redirect_to_authenticate(
    request: HttpRequest, error: NotAuthenticated | ReauthenticationRequired | ActingAsAnother
) -> HttpResponse:
    """A redirect to the page "Confirm it's you" or to the login page. Both lead back to the page of this request.

    For ActingAsAnother, a page that says what to do.
    """
    if isinstance(error, ActingAsAnother):
        return _explain(request, error)
    if isinstance(error, ReauthenticationRequired):
        return HttpResponseRedirect(error.members["reauthentication_url"])
    return HttpResponseRedirect(login_url(way_back(request)))


def _explain(request: HttpRequest, error: ActingAsAnother) -> HttpResponse:
    """A page without a link: another package began the impersonation, and no page of ours can end it."""
    values = {"message": error.user_message, "base_template": passkey_settings.base_template}
    return render(request, "passkeys_django/acting_as_another.html", values, status=error.status)


def reauthentication_url(request: HttpRequest) -> str:
    """The URL of the page "Confirm it's you", which leads back to the page of this request."""
    back = way_back(request)
    page = reverse_or_none("passkeys:confirm")
    return login_url(back) if page is None else _leading_back(page, back)


def login_url(back: str) -> str:
    """The URL of the site's login page, which leads to the URL `back` after the login."""
    return _leading_back(resolve_url(settings.LOGIN_URL), back)


def _leading_back(page: str, back: str) -> str:
    return f"{page}?{urlencode({REDIRECT_FIELD_NAME: back})}"


def way_back(request: HttpRequest) -> str:
    """Where to return to: this URL (GET, HEAD), the referring page (POST), else the list of passkeys."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    return _referring_page(request) or reverse_or_none("passkeys:list") or request.get_full_path()


def _referring_page(request: HttpRequest) -> str | None:
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return None
    return urlsplit(referer)._replace(scheme="", netloc="", fragment="").geturl()
