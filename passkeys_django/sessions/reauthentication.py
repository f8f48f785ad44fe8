"""The answers to people who must sign in, confirm that it is them, or stop acting as another user."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from ..conf import passkey_settings
from ..exceptions import ActingAsAnother, NotAuthenticated, ReauthenticationRequired
from ..http.problems import problem_response, wants_json
from ..http.urls import redirect_url
from ..models import Passkey, user_name
from .addresses import confirm_page, login_url, reauthentication_url, way_back
from .authentication import is_recently_authenticated, signed_in_owner, signed_in_user, wanted_strength
from .opening import end_session
from .record import PASSKEY, PASSWORD, SECURITY_KEY, WEAK

INTERRUPTIONS = (NotAuthenticated, ReauthenticationRequired, ActingAsAnother)
"""The errors that `redirect_to_authenticate` can answer."""
SIGN_IN_AGAIN = "sign_in_again"
"""The name of the button for people who cannot confirm here, or do not want to."""


def require_recent_authentication(
    request: HttpRequest, *, max_age: int | None = None, method: str | None = None
) -> AbstractBaseUser:
    """The signed-in user, who must have authenticated within `max_age` seconds.

    None means PASSKEY_REAUTHENTICATION_AGE. With the method "passkey", the login must have strength 2: a passkey
    with user verification, or a password with a second step.
    Raises NotAuthenticated, ReauthenticationRequired, or ActingAsAnother while somebody else acts as the user.
    """
    user = signed_in_owner(request)
    if not is_recently_authenticated(request, max_age=max_age, method=method):
        raise ReauthenticationRequired(
            "the last login is too old or too weak",
            methods=_strong_enough(user, method),
            reauthentication_url=reauthentication_url(request, method=method),
        )
    return user


def _strong_enough(user: AbstractBaseUser, method: str | None) -> list[str]:
    """The ways to confirm. A "security-key" is asked for after the password."""
    if wanted_strength(method) == WEAK:
        return [PASSKEY, PASSWORD]
    held = set(Passkey.objects.of(user).accepted().values_list("kind", flat=True))
    return [kind for kind in (PASSKEY, SECURITY_KEY) if kind in held] or [PASSKEY]


def refuse_unless_recent(
    request: HttpRequest, *, max_age: int | None = None, method: str | None = None
) -> HttpResponse | None:
    """None if the user authenticated within `max_age` seconds (default: PASSKEY_REAUTHENTICATION_AGE).

    For all other users, the response: a problem for scripts, a redirect or a page for browsers.
    """
    try:
        require_recent_authentication(request, max_age=max_age, method=method)
    except INTERRUPTIONS as error:
        return problem_response(error) if wants_json(request) else redirect_to_authenticate(request, error)
    return None


def redirect_to_authenticate(
    request: HttpRequest, error: NotAuthenticated | ReauthenticationRequired | ActingAsAnother
) -> HttpResponse:
    """A redirect to the page "Confirm it's you" or to the login page. Both lead back to the page of this request.

    For ActingAsAnother, a page that says what to do. On a site without a page "Confirm it's you", a page with a
    button that signs out first: many login pages send people who are signed in straight back.
    """
    if isinstance(error, ActingAsAnother):
        return _explain(request, error)
    if isinstance(error, NotAuthenticated):
        return HttpResponseRedirect(login_url(request, way_back(request)))
    if confirm_page() is None:
        return _offer_to_sign_in_again(request, error)
    return HttpResponseRedirect(error.members["reauthentication_url"])


def _explain(request: HttpRequest, error: ActingAsAnother) -> HttpResponse:
    """A page without a link: another package began the impersonation, and no page of ours can end it."""
    values = {"message": error.user_message, "base_template": passkey_settings.base_template}
    return render(request, "passkeys_django/acting_as_another.html", values, status=error.status)


def _offer_to_sign_in_again(request: HttpRequest, error: ReauthenticationRequired) -> HttpResponse:
    """The page that the guarded view shows in its own place; its button posts to the same URL."""
    if SIGN_IN_AGAIN in request.POST:
        return sign_in_again(request, redirect_url(request, request.POST))
    values = {
        "base_template": passkey_settings.base_template,
        "username": user_name(signed_in_user(request)),
        "sign_in_again": SIGN_IN_AGAIN,
        "back": way_back(request),
    }
    return render(request, "passkeys_django/confirm.html", values, status=error.status)


def sign_in_again(request: HttpRequest, back: str) -> HttpResponse:
    """Sign out, and lead to the login page and from there to the URL `back`.

    The session must end first: a login page may send people who are signed in straight back, and a login within
    their session would not count.
    """
    end_session(request)
    return HttpResponseRedirect(login_url(request, back))
