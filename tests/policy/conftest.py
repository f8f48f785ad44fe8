"""Sites with a policy: what stands in the settings, and people who are signed in there."""

import json
import time
from contextlib import contextmanager

import pytest
from django.test import Client

from passkeys_django.policy.parking import PARKED
from tests.conftest import PASSWORD, Browser, credentials_of, make_passkey

MIDDLEWARE = "passkeys_django.middleware.PasskeyPolicyMiddleware"
BACKENDS = ["passkeys_django.backends.PolicyModelBackend", "passkeys_django.backends.PasskeyBackend"]
SECOND_STEP = {"everybody": {"password": "second-step"}}
REQUIRED = {"everybody": {"passkey": "required"}}
REFUSED = {"everybody": {"passkey": "required", "password": "refused", "from": "2020-01-01"}}
LATER = "2999-01-01"
AS_JSON = {"Accept": "application/json"}


@pytest.fixture
def guarded(settings):
    """A function: the site has this policy and the middleware."""
    settings.ROOT_URLCONF = "tests.policy.urls"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]

    def guard(policy):
        settings.PASSKEY_POLICY = policy

    return guard


@pytest.fixture
def with_backend(settings):
    """The site lists PolicyModelBackend in the place of ModelBackend."""
    settings.AUTHENTICATION_BACKENDS = BACKENDS


def give_passkey(user, **fields):
    return make_passkey(user, **{"user_verified": True, "discoverable": True} | fields)


def give_security_key(user):
    return make_passkey(user, kind="security-key", user_verified=False, discoverable=False)


def log_in(user, client=None, *, url="/own-login/", **data):
    """At the site's own login view."""
    client = client or Client()
    return client, client.post(url, credentials_of(user) | {"password": PASSWORD} | data)


def seen(client):
    """The user that the site's code sees in this session. The dictionary is empty if no request is let through."""
    names = {}
    for url in ("/whoami/", "/awhoami/"):
        response = client.get(url)
        names |= response.json() if response.status_code == 200 else {}
    names.pop("methods", None)
    return names


def is_parked(client):
    return PARKED in client.session and "_auth_user_id" not in client.session


def signed_in_before(user):
    """A client whose session is older than the policy and than this app: no record, no verdict."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session.pop("_passkeys_authentication", None)
    session.save()
    return client


@contextmanager
def later(seconds):
    """What happens inside happens so many seconds from now, for our own clocks."""
    real = time.time
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: real() + seconds)
        yield


def browser_of(client):
    return Browser(client)


def problem_of(response):
    document = json.loads(response.content)
    return response.status_code, document["code"], document.get("url")
