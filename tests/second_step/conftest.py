"""A site whose policy asks for a second step after every password, and people who have something to show."""

import json
import re

import pytest

from tests.conftest import PASSWORD, Browser, credentials_of

POLICY = {"everybody": {"password": "second-step"}}
SECURITY_KEY = {"kind": "security-key"}


@pytest.fixture(autouse=True)
def _policy(settings):
    settings.ROOT_URLCONF = "tests.second_step.urls"
    settings.LOGIN_URL = "/login/"
    settings.LOGIN_REDIRECT_URL = "/elsewhere/"
    settings.PASSKEY_POLICY = POLICY
    settings.AUTHENTICATION_BACKENDS = [
        "passkeys_django.backends.PolicyModelBackend",
        "passkeys_django.backends.PasskeyBackend",
    ]
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "passkeys_django.middleware.PasskeyPolicyMiddleware"]


@pytest.fixture
def with_key(user):
    """A browser of somebody who has a security key and no passkey. Nobody is signed in."""
    return owner_of_key(user)


def owner_of_key(user):
    browser = Browser()
    browser.client.force_login(user, backend="passkeys_django.backends.PolicyModelBackend")
    response = browser.register(start=SECURITY_KEY)
    assert response.status_code == 201, response.content
    browser.client.logout()
    return browser


def enter_password(browser, user, url="/login/", **values):
    return browser.client.post(url, credentials_of(user) | {"password": PASSWORD} | values)


def token_in(response):
    """The token that the page of the second round sends again."""
    found = re.search(r'name="(?:\w+-)?token" value="([^"]+)"', response.content.decode())
    return found and found[1]


def answer(browser, token=None, **overrides):
    """What the script gets from the authenticator for the second step."""
    body = {"purpose": "second-step"} | ({"token": token} if token else {})
    response = browser.post("start-login", body)
    assert response.status_code == 200, response.content
    return json.dumps(browser.authenticator.get(response.json(), **overrides))


def second_round(browser, token, credential, url="/login/", **values):
    return browser.client.post(url, {"token": token, "passkey": credential} | values)


def who(browser):
    """The user that the site's code sees, in each way in which this code may ask."""
    return browser.client.get("/who/").json()
