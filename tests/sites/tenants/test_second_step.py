"""Each tenant has its own accounts: a second step or a link of one tenant is worth nothing at another."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django_tenants.utils import schema_context

from passkeys_django import enrolment
from tests.conftest import PASSWORD, make_user, refusal
from tests.sites.owing import POLICY_BACKEND, SECOND_STEP, do_second_step, guard, is_parked, second_step
from tests.sites.tenants.conftest import TenantsBrowser

LOGIN = "/door/"
pytestmark = pytest.mark.urls("tests.sites.tenants.urls")  # with a login page that has a second round


@pytest.fixture
def policy(settings):
    settings.LOGIN_URL = LOGIN
    return lambda: guard(settings, SECOND_STEP)


def token_at(browser):
    """The token of somebody who has entered the right password at this tenant."""
    with schema_context(browser.tenant):
        names = {"username": "ada", "password": PASSWORD}
    page = browser.client.post(LOGIN, names).content.decode()
    return re.search(r'name="token" value="([^"]+)"', page)[1]


def both(red, account):
    """The same person at two tenants, as user 1 of each, signed out."""
    blue = account("blue", authenticator=red.authenticator)
    assert blue.register().status_code == 201
    return TenantsBrowser("red", red.authenticator), TenantsBrowser("blue", red.authenticator)


def test_the_second_step_works_at_each_tenant(red, account, policy):
    browsers = both(red, account)
    policy()

    for browser in browsers:
        token = token_at(browser)
        credential = second_step(browser, token)
        assert browser.client.post(LOGIN, {"token": token, "passkey": credential}).status_code == 302
        assert browser.user_id == "1"


def test_g6_a_password_of_one_tenant_is_no_first_step_at_another(red, account, policy):
    """Even if the browser has the cookies of the first, and the users have the same key."""
    red, blue = both(red, account)
    policy()
    token = token_at(red)
    blue.client.cookies.update(red.client.cookies)

    response = blue.post("start-login", {"purpose": "second-step", "token": token})
    assert refusal(response)[0] == 400
    assert blue.client.post(LOGIN, {"token": token, "passkey": "{}"}).status_code == 200
    assert blue.user_id is None


def test_g6_nor_is_the_passkey_of_one_tenant_the_second_step_of_another(red, account, policy):
    red, blue = both(red, account)
    policy()
    at_red, token = second_step(red, token_at(red)), token_at(blue)
    blue.client.cookies.update(red.client.cookies)

    assert blue.client.post(LOGIN, {"token": token, "passkey": at_red}).status_code == 200
    assert blue.user_id is None


def test_g5_a_parked_session_waits_at_its_own_tenant_only(red, account, policy):
    red, blue = both(red, account)
    policy()
    with schema_context("red"):
        user = get_user_model().objects.get(pk=1)
        red.client.force_login(user, backend=POLICY_BACKEND)
    page = red.client.get("/passkeys/")["Location"]
    assert is_parked_at(red)
    blue.client.cookies.update(red.client.cookies)

    assert blue.client.get(page)["Location"].startswith("/door/")

    assert do_second_step(red, page)["Location"] == "/passkeys/"


def is_parked_at(browser):
    with schema_context(browser.tenant):
        return is_parked(browser.client)


def test_g2_a_link_of_one_tenant_opens_nothing_at_another(red, account):
    _red, blue = both(red, account)
    with schema_context("red"):
        grace = make_user("grace", id=7)
        _row, secret = enrolment.make_enrolment(grace, reason="invitation", valid_for=timedelta(hours=1))

    response = blue.client.get(f"/passkeys/enrol/{secret}/", follow=True)

    assert "Create a passkey" not in response.content.decode()
    assert refusal(blue.post("start-enrolment")) == (403, "enrolment_invalid")
