"""A site whose policy asks everybody for a second step after the password."""

import json

from django.contrib.auth import get_user_model
from django.urls import include, path

from passkeys_django.admin_site import PasskeyAdminSite
from passkeys_django.login import PasskeyLoginView
from passkeys_django.testing import login_in_two_steps
from tests.conftest import PASSWORD, Browser

LOGIN = "/accounts/login/"
POLICY = {"everybody": {"password": "second-step"}}
KEY = {"kind": "security-key"}

urlpatterns = [
    path("admin/", PasskeyAdminSite().urls),
    path("accounts/login/", PasskeyLoginView.as_view(next_page="/passkeys/"), name="login"),
    path("passkeys/", include("passkeys_django.urls")),
]


def use_site(settings):
    settings.ROOT_URLCONF = __name__
    settings.PASSKEY_POLICY = POLICY


def with_key(user, **authenticator):
    """A browser whose authenticator holds a security key of the user, and nothing else; signed out."""
    browser = Browser(**{"backup_eligible": False, "backup_state": False, "transports": ("usb",)} | authenticator)
    browser.sign_in(user)
    response = browser.register(start=KEY)
    assert response.status_code == 201, response.content
    browser.client.logout()
    return browser


def credentials(user):
    return {"username": getattr(user, get_user_model().USERNAME_FIELD), "password": PASSWORD}


def log_in(browser, user, **overrides):
    return login_in_two_steps(browser.client, browser.authenticator, LOGIN, credentials(user), **overrides)


def first_round(browser, user):
    """The token for the second round."""
    response = browser.client.post(LOGIN, credentials(user), headers={"Accept": "application/json"})
    assert response.json()["code"] == "second_step_required", response.content
    return response.json()["token"]


def second_options(browser, token):
    return browser.request_options({"purpose": "second-step", "token": token})


def second_round(browser, token, credential):
    data = {"token": token, "passkey": json.dumps(credential)}
    return browser.client.post(LOGIN, data, headers={"Accept": "application/json"})
