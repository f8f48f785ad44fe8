"""What people get who have to sign in, confirm that it is them, or stop acting as somebody else."""

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from ..conf import passkey_settings
from ..exceptions import ActingAsAnother, NotAuthenticated, ReauthenticationRequired
from ..http.problems import problem_response, wants_json
from .authentication import is_recently_authenticated, signed_in_owner

INTERRUPTIONS = (NotAuthenticated, ReauthenticationRequired, ActingAsAnother)
"""The errors after which `redirect_to_authenticate` knows what people can do."""


def require_recent_authentication(request: HttpRequest, *, max_age: int | None = None) -> AbstractBaseUser:
    """The user, if they are recently authenticated.

    Raises NotAuthenticated, ReauthenticationRequired, or ActingAsAnother while somebody else acts as the user.
    """
    user = signed_in_owner(request)
    if not is_recently_authenticated(request, max_age=max_age):
        raise ReauthenticationRequired(
            "the last login is too old", reauthentication_url=reauthentication_url(request)
        )
    return user


def refuse_unless_recent(request: HttpRequest, *, max_age: int | None = None) -> HttpResponse | None:
    """None for whom authenticated within `max_age` seconds (PASSKEY_REAUTHENTICATION_AGE, if that is None)."""
    try:
        require_recent_authentication(request, max_age=max_age)
    except INTERRUPTIONS as error:
        return problem_response(error) if wants_json(request) else redirect_to_authenticate(request, error)
    return None


def redirect_to_authenticate(
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


def reauthentication_url(request: HttpRequest) -> str:
    """The page "Confirm it's you", which leads back to where this request came from."""
    back = way_back(request)
    try:
        return _leading_back(reverse("passkeys:confirm"), back)
    except NoReverseMatch:  # a site with views of its own
        return login_url(back)


def login_url(back: str) -> str:
    """The site's login page, which leads back to that URL."""
    return _leading_back(resolve_url(settings.LOGIN_URL), back)


def _leading_back(page: str, back: str) -> str:
    return f"{page}?{urlencode({REDIRECT_FIELD_NAME: back})}"


def way_back(request: HttpRequest) -> str:
    """The page itself; of what a page sent, that page; if the browser does not tell, the list of passkeys."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    return _referring_page(request) or _list_url() or request.get_full_path()


def _referring_page(request: HttpRequest) -> str | None:
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return None
    return urlsplit(referer)._replace(scheme="", netloc="", fragment="").geturl()


def _list_url() -> str | None:
    try:
        return reverse("passkeys:list")
    except NoReverseMatch:  # a site with views of its own
        return None
