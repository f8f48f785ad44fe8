"""django-axes and the second round of the login form."""

import json
import re

import pytest
from axes.models import AccessLog
from django.contrib.auth import get_user_model

from tests.conftest import credentials_of
from tests.security.with_axes.test_lockout import failures, recipe

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.security.with_axes.test_login_form")]
DOOR = "/door/"


@pytest.fixture(autouse=True)
def _policy(settings):
    settings.AXES_LOCKOUT_CALLABLE = recipe("lockout")
    settings.AXES_RESET_ON_SUCCESS = True
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "passkeys_django.middleware.PasskeyPolicyMiddleware"]


@pytest.fixture
def ada(registered, settings):
    """A browser of somebody with a passkey, of whom a second step is due after the password."""
    settings.PASSKEY_POLICY = {"everybody": {"password": "second-step"}}
    settings.AUTHENTICATION_BACKENDS = [
        "axes.backends.AxesStandaloneBackend",
        "passkeys_django.backends.PolicyModelBackend",
        "passkeys_django.backends.PasskeyBackend",
    ]
    return registered


def first_round(browser, user, **values):
    page = browser.client.post(DOOR, credentials_of(user) | values).content.decode()
    found = re.search(r'name="token" value="([^"]+)"', page)
    return found and found[1]


def second_round(browser, token, **overrides):
    options = browser.request_options({"purpose": "second-step", "token": token})
    credential = json.dumps(browser.authenticator.get(options, **overrides))
    return browser.client.post(DOOR, {"token": token, "passkey": credential})


def test_a_password_that_asks_for_the_second_step_is_neither_a_failure_nor_a_login(ada, user):
    AccessLog.objects.all().delete()

    assert first_round(ada, user)

    assert failures() == {}
    assert not AccessLog.objects.exists()


def test_a_wrong_second_step_counts_once_with_the_name(ada, user):
    assert second_round(ada, first_round(ada, user), tamper_signature=True).status_code == 200

    assert failures() == {user.get_username(): 1}


def test_the_right_password_does_not_forgive_and_the_second_step_does(ada, user):
    second_round(ada, first_round(ada, user), tamper_signature=True)
    token = first_round(ada, user)
    assert failures() == {user.get_username(): 1}

    assert second_round(ada, token).status_code == 302

    assert failures() == {}


def test_wrong_second_steps_lock_the_form(ada, user):
    for _ in range(2):
        second_round(ada, first_round(ada, user), tamper_signature=True)

    assert second_round(ada, first_round(ada, user), tamper_signature=True).status_code == 429

    assert first_round(ada, user) is None
    assert ada.user_id is None


def test_somebody_else_is_not_locked_out_by_them(ada, user, settings):
    settings.AXES_LOCKOUT_PARAMETERS = ["username"]
    settings.AXES_USERNAME_CALLABLE = recipe("username")
    for _ in range(3):
        token = first_round(ada, user)
        if token:
            second_round(ada, token, tamper_signature=True)
    grace = get_user_model().objects.create_user("grace", password="a password of hers")

    response = ada.client.post(DOOR, {"username": "grace", "password": "a password of hers"})

    assert response.status_code == 302
    assert ada.user_id == str(grace.pk)
