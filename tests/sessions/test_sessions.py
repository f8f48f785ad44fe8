"""How and when the person of a session authenticated."""

from urllib.parse import urlencode

import pytest
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory
from django.utils import timezone

from passkeys_django.exceptions import NotAuthenticated, ReauthenticationRequired
from passkeys_django.models import Passkey
from passkeys_django.sessions import get_authentication, is_recently_authenticated, require_recent_authentication
from passkeys_django.sessions.authentication import signed_in_user
from passkeys_django.sessions.reauthentication import reauthentication_url
from tests.conftest import Browser, credentials_of, make_user, moved_clock

pytestmark = pytest.mark.django_db


def request_of(browser):
    """A request with the browser's session."""
    request = RequestFactory().get("/passkeys/")
    request.session = browser.client.session
    request.user = get_user(request)
    return request


def test_a_password_login_is_recorded(user):
    request = request_of(Browser().sign_in(user))

    authentication = get_authentication(request)
    assert authentication.method == "password"
    assert authentication.user == str(user.pk)
    assert authentication.passkey is None
    assert authentication.user_verified is False
    assert abs(authentication.at - timezone.now().timestamp()) < 30
    assert is_recently_authenticated(request)


def test_a_passkey_login_is_recorded_with_its_passkey(registered, user):
    registered.login()

    authentication = get_authentication(request_of(registered))
    assert authentication.method == "passkey"
    assert authentication.user == str(user.pk)
    assert authentication.passkey == str(Passkey.objects.get().pk)
    assert authentication.user_verified is True


def test_the_last_login_of_a_session_counts(registered, user):
    registered.login()
    assert registered.client.login(**credentials_of(user))

    assert get_authentication(request_of(registered)).method == "password"


def test_a_session_without_a_record_does_not_say(user):
    browser = Browser()
    browser.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = browser.client.session
    for name in [name for name in session.keys() if name.startswith("_passkeys")]:  # noqa: SIM118
        del session[name]
    session.save()
    request = request_of(browser)

    assert get_authentication(request) is None
    assert not is_recently_authenticated(request)


@pytest.mark.parametrize("record", [None, "text", 1, [], {}, {"user": "somebody else"}], ids=repr)
def test_a_record_that_is_none_does_not_say(user, record):
    browser = Browser().sign_in(user)
    request = request_of(browser)
    request.session["_passkeys_authentication"] = record

    assert get_authentication(request) is None


def test_nobody_has_no_record():
    assert get_authentication(request_of(Browser())) is None


def test_another_users_record_is_ignored(user, other_user):
    request = request_of(Browser().sign_in(user))
    request.session["_auth_user_id"] = str(other_user.pk)

    assert get_authentication(request) is None
    assert not is_recently_authenticated(request)


@pytest.mark.parametrize(
    ("age", "seconds", "recent"),
    [(300, -299, True), (300, -301, False), (60, -61, False), (3600, -3590, True), (0, -1, False)],
)
def test_recent_is_what_the_setting_says(user, settings, age, seconds, recent):
    settings.PASSKEY_REAUTHENTICATION_AGE = age
    with moved_clock(seconds):
        browser = Browser().sign_in(user)

    assert is_recently_authenticated(request_of(browser)) is recent


def test_recent_means_five_minutes_unless_set(user):
    with moved_clock(-299):
        recent = Browser().sign_in(user)
    with moved_clock(-302):
        old = Browser().sign_in(user)

    assert is_recently_authenticated(request_of(recent))
    assert not is_recently_authenticated(request_of(old))


def test_what_another_session_of_the_user_refreshes_does_not_count(user):
    with moved_clock(-301):
        old = Browser().sign_in(user)
    Browser().sign_in(user)
    user.refresh_from_db()
    assert (timezone.now() - user.last_login).total_seconds() < 30

    assert not is_recently_authenticated(request_of(old))


def test_using_a_session_does_not_refresh_it(user):
    with moved_clock(-301):
        browser = Browser().sign_in(user)
    browser.client.get("/passkeys/")

    assert not is_recently_authenticated(request_of(browser))


def test_the_error_says_where_to_confirm(user):
    with moved_clock(-301):
        request = request_of(Browser().sign_in(user))

    with pytest.raises(ReauthenticationRequired) as caught:
        require_recent_authentication(request)
    assert caught.value.members == {
        "methods": ["passkey", "password"],
        "reauthentication_url": "/passkeys/confirm/?next=%2Fpasskeys%2F",
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("login", "page"), [("login", "/login/"), ("/sign-in/", "/sign-in/")])
def test_a_site_with_views_of_its_own_is_led_to_its_login_page_and_back(settings, method, login, page):
    settings.ROOT_URLCONF = "django.contrib.auth.urls"
    settings.LOGIN_URL = login
    request = RequestFactory().generic(method, "/own/?page=2")

    assert reauthentication_url(request) == f"{page}?next=%2Fown%2F%3Fpage%3D2"


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/shop/?basket=1#pay", "/shop/?basket=1"),
        ("https://testserver/shop/", "/shop/"),
        ("http://evil.example/shop/", "/passkeys/"),
        ("http://testserver.evil.example/", "/passkeys/"),
        ("javascript:alert(1)", "/passkeys/"),
        ("//evil.example", "/passkeys/"),
        ("http://testserver", "/passkeys/"),
        ("", "/passkeys/"),
    ],
)
def test_who_was_interrupted_is_led_back_to_the_page_they_were_on(referer, back):
    request = RequestFactory().post("/passkeys/start-registration", headers={"Referer": referer})

    assert reauthentication_url(request) == f"/passkeys/confirm/?{urlencode({'next': back})}"


def test_a_page_is_its_own_way_back():
    request = RequestFactory().get("/shop/?basket=1", headers={"Referer": "http://testserver/elsewhere/"})

    assert reauthentication_url(request) == "/passkeys/confirm/?next=%2Fshop%2F%3Fbasket%3D1"


def test_a_page_over_https_leads_back_to_no_page_without(settings):
    request = RequestFactory().post("/", headers={"Referer": "http://testserver/shop/"}, secure=True)

    assert reauthentication_url(request) == "/passkeys/confirm/?next=%2Fpasskeys%2F"


@pytest.mark.parametrize(("max_age", "recent"), [(59, False), (61, True), (None, True)])
def test_who_asks_may_say_how_recent(user, max_age, recent):
    with moved_clock(-60):
        request = request_of(Browser().sign_in(user))

    assert is_recently_authenticated(request, max_age=max_age) is recent


def test_recent_authentication_is_let_through(user):
    require_recent_authentication(request_of(Browser().sign_in(user)))


def test_the_signed_in_user_is_the_requests(user):
    request = RequestFactory().get("/")
    request.user = user

    assert signed_in_user(request) is user


def test_nobody_is_not_authenticated():
    request = RequestFactory().get("/")
    request.user = AnonymousUser()

    with pytest.raises(NotAuthenticated):
        signed_in_user(request)


# Logins by token, as APIs have them, send the signal as well


def log_in_by_token(request, user):
    user_logged_in.send(sender=type(user), request=request, user=user)


def test_a_token_login_without_a_request_writes_nothing(user):
    log_in_by_token(None, user)


def test_a_token_login_of_a_request_without_a_session_writes_nothing(user):
    request = RequestFactory().get("/")

    log_in_by_token(request, user)

    assert not hasattr(request, "session")


def test_a_token_login_in_an_empty_session_writes_nothing(user):
    request = RequestFactory().get("/")
    request.session = SessionStore()

    log_in_by_token(request, user)

    assert request.session.is_empty()
    assert not request.session.modified


def test_a_token_login_in_another_users_session_writes_nothing(user):
    request = request_of(Browser().sign_in(user))
    before = dict(request.session.items())
    stranger = make_user("lin")

    log_in_by_token(request, stranger)

    assert dict(request.session.items()) == before
    assert not request.session.modified
    assert get_authentication(request).user == str(user.pk)
