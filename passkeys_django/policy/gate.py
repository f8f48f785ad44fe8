"""What the middleware asks: does this session owe something, and where does its browser go to do it?"""

import hashlib
import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch
from django.utils.functional import LazyObject
from django.utils.http import url_has_allowed_host_and_scheme

from ..conf import MadeOfSetting, passkey_settings
from ..exceptions import PasskeyRequired, SecondStepRequired
from ..http.problems import problem_response, wants_json
from ..http.urls import redirect_url, reverse_or_none, with_next
from ..sessions.authentication import session_authentication
from ..sessions.impersonation import is_impersonation, request_user, user_key
from ..sessions.opening import end_session
from .due import Due, owes_nothing_ever, what_is_due
from .entries import is_set
from .parking import PARKED, drop, is_open, park, parked, release

VERDICT = "_passkeys_policy"
VERDICT_AGE = 5 * 60
"""Seconds for which a session is believed to owe nothing: the account may change meanwhile."""
_OPEN_NAMES = {
    "login",
    "logout",
    "set_language",
    "account_login",  # allauth's, and the stages of its login
    "account_logout",
    "account_signup",
    "account_request_login_code",
    "account_confirm_login_code",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_verify_phone",
    "mfa_authenticate",
    "mfa_trust",
}
"""Names of URLs, in any namespace, that a parked person needs: to sign in as somebody else, or to give up."""
_CLOSED_NAMES = {"list", "rename", "remove", "confirm", "recovery-codes", "end-sessions", "not-now"}
"""Names of our own URLs that would only send a parked person to the login page."""


def examine(request: HttpRequest) -> None:
    """At the beginning of a request: park a session that owes something, or release it if nothing is due now."""
    if SESSION_KEY in request.session:
        drop(request)  # somebody has signed in since, where no response could be changed, as in a websocket
        _judge(request)
    elif PARKED in request.session:
        _examine_parked(request)


def refuse(request: HttpRequest) -> HttpResponseBase | None:
    """Before the view: where a parked session must go instead. None lets the request pass."""
    if PARKED not in _session(request) or _is_open_to_all(request):
        return None
    back = request.get_full_path() if request.method in ("GET", "HEAD") else redirect_url(request, QueryDict())
    return _lead(request, Due(request.session[PARKED]["due"]), back)


def close_behind(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """After the view: if it has signed somebody in who owes something, park the session and lead to the page."""
    session = _session(request)
    if not getattr(session, "accessed", False) or SESSION_KEY not in session:
        return response
    drop(request)  # the parked person has signed in again, maybe as somebody else
    due = _judge(request)
    if due is None:
        return response
    return _lead(request, due, _where_it_led(request, response), script=_is_json(response))


def problem_of(due: Due, **members: str) -> HttpResponseBase:
    """What scripts hear when something is due."""
    kind = SecondStepRequired if due is Due.SECOND_STEP else PasskeyRequired
    return problem_response(kind(f"{due} is due", **members))


def _session(request: HttpRequest) -> Any:
    return getattr(request, "session", {})


def _examine_parked(request: HttpRequest) -> None:
    waiting = parked(request)
    if waiting is None or not is_open(waiting):
        end_session(request)
        return
    due = what_is_due(waiting.user, waiting.authentication)
    if due is None:
        release(request, waiting.user)
    elif due is not waiting.due:
        request.session[PARKED] = {**request.session[PARKED], "due": due.value}


def _judge(request: HttpRequest) -> Due | None:
    """What the session's own user owes. Park the session, or remember for a while that nothing is due."""
    if not is_set() or is_impersonation(request) or _is_known_to_owe_nothing(request):
        return None
    authentication = session_authentication(request)
    if owes_nothing_ever(authentication):
        return None
    user = _own_user(request)
    due = None if user is None else what_is_due(user, authentication, request=request)
    if due is not None:
        park(request, due)
    elif user is not None:
        request.session[VERDICT] = [*_about(request), time.time()]
    return due


def _own_user(request: HttpRequest) -> AbstractBaseUser | None:
    """The session's own user. `request.user` may be somebody for whom staff act, or a token's user.

    `request.user` is asked only if somebody has read it already. A `login()` in the view must not find it read by
    us, because it would count as code that acts for another user: see `sessions/authentication.py`.
    """
    user = request_user(request) if "_cached_user" in vars(request) or _has_logged_in(request) else None
    if user is not None and user_key(user) == request.session[SESSION_KEY]:
        return user
    found: Any = get_user(request)
    return found if found.is_authenticated else None


def _has_logged_in(request: HttpRequest) -> bool:
    """Has `login()` put its user on the request, in the place of Django's lazy object?"""
    return not isinstance(vars(request).get("user"), LazyObject)


def _is_known_to_owe_nothing(request: HttpRequest) -> bool:
    """Has this login been judged a short time ago, by the policy that holds now?"""
    verdict = request.session.get(VERDICT)
    if not isinstance(verdict, list) or verdict[:-1] != _about(request):
        return False
    return bool(0 <= time.time() - verdict[-1] < VERDICT_AGE)


def _about(request: HttpRequest) -> list[Any]:
    """What a verdict depends on: user, login and policy."""
    authentication = session_authentication(request)
    return [request.session[SESSION_KEY], authentication.at if authentication else None, _policy_digest()]


_policy_digest = MadeOfSetting(
    lambda: passkey_settings.policy_source,
    lambda: hashlib.sha256(repr(passkey_settings.policy_source).encode()).hexdigest()[:16],
)
"""Asked in each request of somebody who is signed in."""


def _is_open_to_all(request: HttpRequest) -> bool:
    """Our own pages, the login page, signing out, and static files."""
    match = request.resolver_match
    if match is not None and "passkeys" in match.app_names:
        return match.url_name not in _CLOSED_NAMES
    if match is not None and match.url_name in _OPEN_NAMES:
        return True
    paths = [settings.STATIC_URL, settings.MEDIA_URL]
    return request.path == _login_path() or any(
        path not in (None, "", "/") and request.path.startswith(path) for path in paths
    )


def _login_path() -> str | None:
    try:
        return urlsplit(resolve_url(settings.LOGIN_URL)).path
    except NoReverseMatch:
        return None


def _where_it_led(request: HttpRequest, response: HttpResponseBase) -> str:
    """Where the login led, if that is a page of this site."""
    url = response.headers.get("Location", "")
    if url and url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        return url
    return redirect_url(request, request.GET)


def _is_json(answer: HttpRequest | HttpResponseBase) -> bool:
    """A script sends or gets JSON. The `fetch()` of a browser says in `Accept` that it takes everything."""
    return answer.headers.get("Content-Type", "").split(";")[0].strip().endswith("json")


def _lead(request: HttpRequest, due: Due, back: str, *, script: bool = False) -> HttpResponseBase:
    """To the page where people do what is due. Nobody may store the answer: it is this session's."""
    response = _answer(request, due, back, script=script)
    response["Cache-Control"] = "no-store"
    return response


def _answer(request: HttpRequest, due: Due, back: str, *, script: bool) -> HttpResponseBase:
    name = "second-step" if due is Due.SECOND_STEP else "required"
    page = reverse_or_none(f"passkeys:{name}")
    url = None if page is None else with_next(page, back)
    if script or wants_json(request) or _is_json(request):
        return problem_of(due, **({"url": url} if url else {}))
    if url is None:  # a site without our pages: nobody can do here what is due
        end_session(request)
    return HttpResponseRedirect(url or resolve_url(settings.LOGIN_URL))
