"""docs/how-to/security-keys.md: its settings, its form, and what a script gets."""

import json

import pytest
from django.template import RequestContext, Template
from django.test import override_settings
from django.urls import path

from passkeys_django.conf import passkey_settings
from passkeys_django.login import PasskeyLoginView
from passkeys_django.sessions import get_authentication
from passkeys_django.testing import login_in_two_steps, register
from tests.conftest import Browser, credentials_of
from tests.docs.how_to.pages import Page
from tests.urls import urlpatterns

PAGE = Page("security-keys")
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(settings, monkeypatch):
    shop = PAGE.install(monkeypatch, "shop/login.py")
    shop.urlpatterns = [
        path("login/", PasskeyLoginView.as_view()),
        path("desk/login/", shop.StaffLogin.as_view()),
        *urlpatterns,
    ]
    settings.ROOT_URLCONF = shop
    settings.LOGIN_URL = "/login/"
    shown = PAGE.settings()
    with override_settings(**shown | {"MIDDLEWARE": [*settings.MIDDLEWARE, *shown["MIDDLEWARE"]]}):
        yield shop


@pytest.fixture
def staff(shop, user):
    """A browser of staff with a security key, signed out."""
    user.is_staff = True
    user.save()
    browser = Browser()
    browser.client.force_login(user, backend="passkeys_django.backends.PolicyModelBackend")
    assert register(browser.client, browser.authenticator, start={"kind": "security-key"}).status_code == 201
    browser.client.logout()
    return browser


def test_g6_staff_sign_in_with_password_and_key(staff, user):
    response = login_in_two_steps(staff.client, staff.authenticator, "/login/", credentials_of(user))

    assert response.status_code == 302
    authentication = get_authentication(staff.client.get("/passkeys/").wsgi_request)
    assert authentication.methods == ("password", "security-key")
    assert authentication.strength == 2


def test_g6_the_form_shown_goes_on_once_after_both(staff, user):
    data = credentials_of(user) | {"shift": "night"}

    response = login_in_two_steps(staff.client, staff.authenticator, "/desk/login/", data)

    assert response["Location"] == "/desk/"
    assert staff.client.session["shift"] == "night"


def test_people_see_what_the_page_quotes(staff, user):
    html = staff.client.post("/login/", credentials_of(user)).content.decode()

    for text in ("One more step", "I can't use my passkey or security key", "Use your passkey or security key"):
        assert text in PAGE.text
    assert "One more step" in html
    assert "Use your passkey or security key" in html
    told = "Your password is right. This account also asks for your passkey or your security key."
    assert told in html
    assert told in " ".join(PAGE.text.split())


def test_a_script_gets_the_problem_that_the_page_shows(staff, user):
    shown = json.loads(PAGE.block("the second step is due"))

    got = staff.client.post("/login/", credentials_of(user), headers={"accept": "application/json"}).json()

    assert got | {"token": shown["token"]} == shown


def test_others_sign_in_as_before(shop, other_user):
    assert Browser().client.post("/login/", credentials_of(other_user)).status_code == 302


def test_the_verification_shown_is_the_default():
    assert PAGE.settings("settings.py: verification") == {
        "PASSKEY_SECOND_STEP_VERIFICATION": passkey_settings.second_step_verification
    }


def test_the_tag_shown_writes_the_button(staff, user):
    staff.client.force_login(user, backend="passkeys_django.backends.PasskeyBackend")
    request = staff.client.get("/passkeys/").wsgi_request

    html = Template(PAGE.block("templates/account.html")).render(RequestContext(request))

    assert 'data-passkey-kind="security-key"' in html
