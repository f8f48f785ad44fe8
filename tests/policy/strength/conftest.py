"""People with a passkey or a security key, somebody with their password, and the ways to confirm."""

import json

import pytest

from passkeys_django.models import Passkey
from passkeys_django.sessions import get_authentication
from tests.conftest import PASSWORD, Browser, refusal
from tests.sessions.test_sessions import request_of

CONFIRM = "/passkeys/confirm/"
TOO_WEAK = (403, "reauthentication_required")
HOUR = 3600
SECOND_STEP = {"everybody": {"password": "second-step"}}


def authentication_of(browser):
    return get_authentication(request_of(browser))


def confirm_by_password(browser, **values):
    """At our page, by script."""
    body = json.dumps(values or {"password": PASSWORD})
    headers = {"Accept": "application/json"}
    return browser.client.post(CONFIRM, body, content_type="application/json", headers=headers)


def an_hour_passes(browser):
    """For the session's record: a credential of an hour ago would not have been taken."""
    session = browser.client.session
    record = session["_passkeys_authentication"]
    session["_passkeys_authentication"] = record | {"at": record["at"] - HOUR}
    session.save()


def second_round(browser):
    """The password, and the answer to the second step."""
    first = confirm_by_password(browser)
    assert refusal(first) == (403, "second_step_required")
    token = first.json()["token"]
    options = browser.request_options({"purpose": "second-step", "token": token})
    return confirm_by_password(browser, token=token, passkey=json.dumps(browser.authenticator.get(options)))


@pytest.fixture
def owner(registered):
    """The owner's browser, signed out. Its authenticator holds the only passkey of the account."""
    return registered


@pytest.fixture
def passkey(owner):
    return Passkey.objects.get()


@pytest.fixture
def thief(owner, user):
    """Another browser, in which somebody has just signed in with the user's password."""
    return Browser().sign_in(user)


@pytest.fixture
def with_key(user, settings):
    """The browser of somebody who has a security key and a second step; its session is one by password."""
    settings.PASSKEY_POLICY = SECOND_STEP
    browser = Browser(user_verified=False, backup_eligible=False, backup_state=False, transports=("usb",))
    response = browser.sign_in(user).register(start={"kind": "security-key"})
    assert response.status_code == 201, response.content
    return browser.sign_in(user)
