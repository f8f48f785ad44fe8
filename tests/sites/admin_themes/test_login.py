"""The admin's login page under each theme: with a passkey, with a password, and refused."""

import json
import re

import pytest
from django.contrib import admin

from passkeys_django.admin_site import PasskeyAdminSiteMixin
from tests.conftest import Browser, credentials_of, make_user
from tests.sites.admin_themes.conftest import OF_THE_THEMES
from tests.sites.owing import SECOND_STEP, guard, second_step
from tests.support.staff import LIST

pytestmark = [pytest.mark.django_db, *OF_THE_THEMES]
LOGIN = f"/admin/login/?next={LIST}"


@pytest.fixture
def staff():
    return make_user("root", is_staff=True, is_superuser=True)


@pytest.fixture
def browser(staff):
    """A browser whose authenticator has a passkey of staff, signed out."""
    browser = Browser().sign_in(staff)
    assert browser.register().status_code == 201
    browser.client.logout()
    return browser


def test_the_site_takes_passkeys_whatever_class_the_theme_gives_it():
    assert isinstance(admin.site, PasskeyAdminSiteMixin)


def test_the_page_has_one_button_and_its_style(client):
    page = client.get(LOGIN).content.decode()

    assert page.count("data-passkey-login") == 1
    assert page.count('id="passkeys-config"') == 1
    assert "passkeys_django/admin.css" in page


def test_staff_sign_in_with_a_passkey_and_land_where_asked(browser):
    credential = browser.authenticator.get(browser.request_options())

    response = browser.client.post(LOGIN, {"username": "", "password": "", "passkey": json.dumps(credential)})

    assert response.status_code == 302
    assert response["Location"] == LIST
    assert browser.client.get(LIST).status_code == 200


def test_a_passkey_that_is_refused_leaves_them_at_the_login_page_with_a_reason(browser):
    credential = browser.authenticator.get(browser.request_options(), origin="https://example.org")

    response = browser.client.post(LOGIN, {"username": "", "password": "", "passkey": json.dumps(credential)})

    assert response.status_code == 200
    [reason] = response.context["form"].non_field_errors()
    assert str(reason) in response.content.decode().replace("&#x27;", "'")
    assert browser.user_id is None


def test_staff_sign_in_with_a_password_as_before(staff, client):
    response = client.post(LOGIN, credentials_of(staff))

    assert response["Location"] == LIST


def test_others_are_told_that_the_page_is_not_for_them():
    browser = Browser().sign_in(make_user())
    assert browser.register().status_code == 201
    browser.client.logout()
    credential = browser.authenticator.get(browser.request_options())

    response = browser.client.post(LOGIN, {"passkey": json.dumps(credential)})

    assert response.status_code == 200
    assert response.context["form"].non_field_errors()


@pytest.fixture
def after_the_password(browser, staff, settings):
    """The page that the admin's login shows after the password, where a second step is due."""
    guard(settings, SECOND_STEP)
    return browser.client.post(LOGIN, credentials_of(staff)).content.decode()


def test_g6_the_second_round_has_one_button_and_its_style_and_nothing_of_the_admin(after_the_password, browser):
    assert "One more step" in after_the_password
    assert after_the_password.count("data-passkey-login") == 1
    assert after_the_password.count('id="passkeys-config"') == 1
    assert after_the_password.count("data-passkey-credential") == 1
    assert "passkeys_django/admin.css" in after_the_password
    assert "/admin/logout/" not in after_the_password
    assert browser.user_id is None
    assert browser.client.get(LIST)["Location"] == LOGIN


def test_the_second_round_signs_staff_in_and_leads_where_asked(after_the_password, browser):
    form = re.search(r'<form method="post".*?</form>', after_the_password, re.DOTALL)[0]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    assert "password" not in fields

    response = browser.client.post(LOGIN, {**fields, "passkey": second_step(browser, fields["token"])})

    assert response["Location"] == LIST
    assert browser.client.get(LIST).status_code == 200
