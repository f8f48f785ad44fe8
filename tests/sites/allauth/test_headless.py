"""PASSKEY_POLICY at allauth's headless API: a front end of the site's own, and apps without cookies."""

import json

import pytest

from tests.conftest import PASSWORD, Browser, make_user, refusal
from tests.sites.owing import REFUSED, REQUIRED, SECOND_STEP, do_second_step

pytestmark = pytest.mark.django_db


def log_in(browser, user, client):
    name = "email" if user.USERNAME_FIELD == "email" else "username"
    body = json.dumps({name: user.get_username(), "password": PASSWORD})
    url = f"/_allauth/{client}/v1/auth/login"
    return browser.client.post(url, body, content_type="application/json")


@pytest.mark.parametrize("client", ["browser", "app"])
def test_somebody_who_owes_nothing_signs_in(policy, client):
    policy(SECOND_STEP)

    response = log_in(Browser(), make_user("grace"), client)

    assert response.status_code == 200, response.content


@pytest.mark.parametrize("client", ["browser", "app"])
def test_g5_somebody_who_owes_something_is_told_so(ada, user, policy, client):
    policy(SECOND_STEP)

    response = log_in(ada, user, client)

    assert refusal(response) == (403, "second_step_required")
    assert "session_token" not in response.content.decode()
    assert ada.user_id is None


def test_a_browser_goes_on_after_the_second_step(ada, user, policy):
    policy(SECOND_STEP)
    url = log_in(ada, user, "browser").json()["url"]

    assert do_second_step(ada, url).status_code == 302

    session = ada.client.get("/_allauth/browser/v1/auth/session").json()
    assert session["meta"]["is_authenticated"]


@pytest.mark.parametrize(("entries", "code"), [(REQUIRED, "passkey_required"), (REFUSED, "passkey_required")])
def test_g5_nor_does_an_app_get_a_token_for_somebody_without_a_passkey(policy, entries, code):
    policy(entries)

    assert refusal(log_in(Browser(), make_user("grace"), "app")) == (403, code)


def test_a_token_from_before_the_policy_keeps_working(ada, user, policy):
    token = log_in(Browser(), user, "app").json()["meta"]["session_token"]
    policy(SECOND_STEP)

    response = Browser().client.get("/_allauth/app/v1/auth/session", headers={"X-Session-Token": token})

    assert response.status_code == 200
