"""People to whom something is due under a policy, for the sites: what they own, and how far they get."""

import json

from django.test import Client

from passkeys_django.policy.parking import PARKED
from tests.conftest import Browser

MIDDLEWARE = "passkeys_django.middleware.PasskeyPolicyMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
POLICY_BACKEND = "passkeys_django.backends.PolicyModelBackend"
SECOND_STEP = {"everybody": {"password": "second-step"}}
REQUIRED = {"everybody": {"passkey": "required"}}
REFUSED = {"everybody": {"passkey": "required", "password": "refused", "from": "2020-01-01"}}


def guard(settings, policy, *, with_backend=True):
    """The site has this policy, the middleware, and PolicyModelBackend in the place of ModelBackend."""
    settings.PASSKEY_POLICY = policy
    names = list(settings.MIDDLEWARE)
    names.insert(names.index(AUTHENTICATION) + 1, MIDDLEWARE)
    settings.MIDDLEWARE = names
    if with_backend:
        backends = [POLICY_BACKEND if name == MODEL_BACKEND else name for name in settings.AUTHENTICATION_BACKENDS]
        settings.AUTHENTICATION_BACKENDS = backends


def owner_of_passkey(user):
    """A browser of somebody who has a passkey. Nobody is signed in. Call this before `guard`."""
    browser = Browser(Client()).sign_in(user)
    response = browser.register()
    assert response.status_code == 201, response.content
    browser.client = Client()
    return browser


def is_parked(client):
    return PARKED in client.session and "_auth_user_id" not in client.session


def second_step(browser, token=None):
    """The credential that the script gets for the second step, as JSON."""
    response = browser.post("start-login", {"purpose": "second-step"} | ({"token": token} if token else {}))
    assert response.status_code == 200, response.content
    return json.dumps(browser.authenticator.get(response.json()))


def do_second_step(browser, url):
    """What the page `second-step/` at this URL posts."""
    page = browser.client.get(url)
    assert page.status_code == 200, page.content
    return browser.client.post(url, {"passkey": second_step(browser)})
