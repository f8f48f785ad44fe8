"""The page "Confirm it's you", for people and for scripts."""

import json
import re
from html import unescape

import pytest
from django.contrib.auth.signals import user_login_failed
from django.test import Client

from passkeys_django.models import Passkey
from passkeys_django.sessions import get_authentication
from tests.conftest import PASSWORD, Browser, listening, make_passkey, moved_clock, refusal
from tests.sessions.test_sessions import request_of

pytestmark = pytest.mark.django_db
PAGE = "/passkeys/confirm/?next=%2Fpasskeys%2F"
AS_JSON = {"Accept": "application/json"}
WRONG = "This password is not right. Please try again."


@pytest.fixture
def long_signed_in(user):
    """A browser in which `user` signed in with the password more than five minutes ago."""
    with moved_clock(-301):
        return Browser().sign_in(user)


def page_of(browser, url=PAGE):
    response = browser.client.get(url)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    return unescape(response.content.decode())


def buttons_of(page):
    return re.findall(r"<button [^>]*>(?:<span .*?</span>)?([^<]+)</button>", page)


def submit(browser, password=PASSWORD, url=PAGE):
    return browser.client.post(url, {"password": password})


def submit_json(browser, body, url=PAGE):
    return browser.client.post(url, json.dumps(body), content_type="application/json", headers=AS_JSON)


def without_password(browser, user):
    user.set_unusable_password()
    user.save()
    session = browser.client.session
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.save()


# What it shows


def test_it_asks_for_the_password_and_tells_whose(long_signed_in, user):
    page = page_of(long_signed_in)

    assert "Confirm it's you</h1>" in page
    assert f"You are signed in as {user.get_username()}." in page
    assert re.search(r'<input type="password" name="password" autocomplete="current-password"', page)
    assert buttons_of(page) == ["Confirm with your password", "Sign in again in another way"]


def test_password_managers_see_the_username_but_no_form_sends_it(long_signed_in, user):
    field = re.search(r"<input [^>]*autocomplete=\"username\"[^>]*>", page_of(long_signed_in))[0]

    assert f'value="{user.get_username()}"' in field
    assert "name=" not in field


def test_whoever_has_a_passkey_may_confirm_with_that(long_signed_in, user):
    make_passkey(user)

    page = page_of(long_signed_in)

    assert buttons_of(page) == [
        "Confirm with a passkey",
        "Confirm with your password",
        "Sign in again in another way",
    ]
    assert page.count('<p class="passkeys-or">or</p>') == 1
    assert config_of(page)["start"] == {"purpose": "confirm"}
    assert config_of(page)["urls"]["finalizeLogin"] == "/passkeys/finalize-login?next=%2Fpasskeys%2F"


def config_of(page):
    return json.loads(re.search(r'<script id="passkeys-config"[^>]*>(.*?)</script>', page, re.DOTALL)[1])


def test_whoever_has_neither_signs_in_again_and_comes_back(long_signed_in, user):
    """They are signed out first: a login over their session would count for nothing."""
    without_password(long_signed_in, user)
    page = page_of(long_signed_in)
    assert buttons_of(page) == ["Sign in again in another way"]
    field = re.search(r'<button type="submit" name="(\w+)"', page)[1]

    response = long_signed_in.client.post(PAGE, {field: ""})

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=%2Fpasskeys%2F")
    assert long_signed_in.user_id is None


@pytest.mark.parametrize(("has_passkey", "focused"), [(False, True), (True, False)])
def test_the_password_has_the_focus_where_it_is_the_only_way_or_was_wrong(
    long_signed_in, user, has_passkey, focused
):
    if has_passkey:
        make_passkey(user)

    assert (" autofocus" in page_of(long_signed_in)) is focused
    assert " autofocus" in submit(long_signed_in, "wrong").content.decode()


def test_a_site_without_password_logins_asks_for_none(registered, settings):
    settings.AUTHENTICATION_BACKENDS = ["passkeys_django.backends.PasskeyBackend"]
    assert registered.login().status_code == 200

    assert buttons_of(page_of(registered)) == [
        "Confirm with a passkey",
        "Sign in again in another way",
    ]


# By password


def test_the_password_confirms_and_leads_back(long_signed_in, user):
    before = long_signed_in.client.session.session_key

    response = submit(long_signed_in)

    assert (response.status_code, response["Location"]) == (302, "/passkeys/")
    assert long_signed_in.client.session.session_key != before
    assert get_authentication(request_of(long_signed_in)).method == "password"
    assert long_signed_in.post("start-registration").status_code == 200


def test_what_the_session_held_stays(long_signed_in):
    session = long_signed_in.client.session
    session["basket"] = ["tea"]
    session.save()

    submit(long_signed_in)

    assert long_signed_in.client.session["basket"] == ["tea"]


@pytest.mark.parametrize("password", ["wrong", PASSWORD.upper(), f" {PASSWORD}", "x" * 5000, "a\0b"])
def test_a_wrong_password_confirms_nothing_and_says_so(long_signed_in, password):
    before = long_signed_in.client.session.session_key

    response = submit(long_signed_in, password)

    assert response.status_code == 200
    assert re.search(r'role="alert">[^<]+', response.content.decode())
    assert password not in response.content.decode()
    assert long_signed_in.client.session.session_key == before
    assert refusal(long_signed_in.post("start-registration")) == (403, "reauthentication_required")


def test_a_wrong_password_is_told_in_words(long_signed_in):
    assert WRONG in submit(long_signed_in, "wrong").content.decode()
    assert "Please enter your password." in submit(long_signed_in, "").content.decode()


def test_a_wrong_password_is_signalled_for_whoever_counts_them(long_signed_in, user):
    with listening(user_login_failed) as received:
        submit(long_signed_in, "wrong")

    (failure,) = received
    assert failure["credentials"]["username"] == user.get_username()
    assert "wrong" not in failure["credentials"].values()
    assert failure["request"].path == "/passkeys/confirm/"


def test_another_users_password_confirms_nothing(long_signed_in, other_user):
    other_user.set_password("grace's own")
    other_user.save()

    assert WRONG in submit(long_signed_in, "grace's own").content.decode()


def test_a_backend_that_takes_the_password_for_somebody_else_switches_nobody(
    long_signed_in, user, other_user, monkeypatch
):
    monkeypatch.setattr("passkeys_django.forms.authenticate", lambda *_args, **_kwargs: other_user)

    assert WRONG in submit(long_signed_in).content.decode()
    assert long_signed_in.user_id == str(user.pk)


def test_it_needs_a_csrf_token(user):
    browser = Browser(Client(enforce_csrf_checks=True))
    assert browser.client.login(username=user.get_username(), password=PASSWORD)
    page = page_of(browser)

    assert submit(browser).status_code == 403
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    response = browser.client.post(PAGE, {"password": PASSWORD, "csrfmiddlewaretoken": token})
    assert response.status_code == 302


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_it_leads_to_no_other_site(long_signed_in, settings, target):
    settings.LOGIN_REDIRECT_URL = "/welcome/"

    response = submit(long_signed_in, url=f"/passkeys/confirm/?next={target}")

    assert response["Location"] == "/welcome/"


@pytest.mark.parametrize("middleware", [[], ["django.contrib.auth.middleware.LoginRequiredMiddleware"]])
def test_whoever_is_not_signed_in_signs_in_instead(db, settings, middleware):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, *middleware]

    for response in (Client().get(PAGE), Client().post(PAGE, {"password": PASSWORD})):
        assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=%2Fpasskeys%2F")


def test_passwords_are_not_tried_without_end(long_signed_in, user, settings):
    settings.PASSKEY_RATE_LIMITS = {"confirm": "2/h"}
    for _ in range(2):
        assert WRONG in submit(long_signed_in, "wrong").content.decode()

    response = long_signed_in.client.post(PAGE, {"password": PASSWORD}, follow=True)

    assert response.redirect_chain == [(PAGE, 302)]
    assert "Too many attempts. Try again in " in response.content.decode()
    assert refusal(submit_json(long_signed_in, {"password": PASSWORD})) == (429, "throttled")
    elsewhere = Browser(Client(REMOTE_ADDR="192.0.2.7")).sign_in(user)
    assert refusal(submit_json(elsewhere, {"password": PASSWORD})) == (429, "throttled")


# By script


def test_a_script_confirms_by_password(long_signed_in):
    response = submit_json(long_signed_in, {"password": PASSWORD})

    assert response.status_code == 200
    assert response.json() == {"redirect_url": "/passkeys/"}
    assert long_signed_in.post("start-registration").status_code == 200


@pytest.mark.parametrize("body", [{"password": "wrong"}, {"password": None}, {}, {"password": ["a"]}], ids=repr)
def test_a_script_is_told_that_the_password_is_wrong(long_signed_in, body):
    response = submit_json(long_signed_in, body)

    assert refusal(response) == (403, "login_failed")
    assert "password" in response.json()["detail"]


@pytest.mark.parametrize("body", [[], "text", 5], ids=repr)
def test_a_script_that_sends_no_object_is_told(long_signed_in, body):
    assert refusal(submit_json(long_signed_in, body)) == (400, "invalid_request")


def test_a_script_of_somebody_who_is_not_signed_in_is_told(db):
    assert refusal(submit_json(Browser(), {"password": PASSWORD})) == (401, "not_authenticated")


# By passkey


def test_a_passkey_confirms_through_the_login_endpoints_and_leads_back(registered, user):
    with moved_clock(-301):
        registered.sign_in(user)
    before = registered.client.session.session_key

    response = registered.login(start={"purpose": "confirm"}, query="?next=/passkeys/")

    assert response.json() == {"redirect_url": "/passkeys/"}
    assert registered.client.session.session_key != before
    authentication = get_authentication(request_of(registered))
    assert authentication.method == "passkey"
    assert authentication.passkey == str(Passkey.objects.get().pk)
    assert authentication.user_verified is True
    assert registered.post("start-registration").status_code == 200
