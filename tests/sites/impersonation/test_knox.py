"""The login view of django-rest-knox gives out a token, and sends Django's `user_logged_in`."""

import base64

import pytest

from passkeys_django.sessions import is_recently_authenticated
from tests.conftest import Browser, credentials_of, moved_clock, refusal
from tests.sessions.test_sessions import request_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def stolen(user):
    """The session of somebody who signed in an hour ago."""
    with moved_clock(-3600):
        return Browser().sign_in(user)


def token(browser, **headers):
    response = browser.client.post("/knox/login/", headers=headers)
    assert response.status_code == 200, response.content
    return response.json()["token"]


def assert_still_old(browser):
    assert not is_recently_authenticated(request_of(browser))
    assert refusal(browser.post("start-registration")) == (403, "reauthentication_required")


def test_f1_a_token_for_a_stolen_session_makes_it_no_younger(stolen):
    token(stolen)

    assert_still_old(stolen)


def test_f1_nor_does_a_token_for_a_token(stolen):
    mine = token(stolen)

    token(stolen, Authorization=f"Token {mine}")

    assert_still_old(stolen)


def test_f1_a_password_without_a_session_opens_none(user):
    browser, credentials = Browser(), credentials_of(user)
    pair = base64.b64encode(f"{credentials['username']}:{credentials['password']}".encode()).decode()

    token(browser, Authorization=f"Basic {pair}")

    assert browser.user_id is None
    assert refusal(browser.post("start-registration")) == (401, "not_authenticated")
