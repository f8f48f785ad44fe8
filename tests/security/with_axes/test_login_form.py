"""django-axes and passkeys that go through the login form."""

import json

import pytest
from axes.decorators import axes_dispatch
from axes.models import AccessAttempt, AccessLog
from django.urls import include, path
from django.utils.decorators import method_decorator

from passkeys_django.login import PasskeyLoginView
from passkeys_django.models import Passkey
from tests.conftest import credentials_of
from tests.security.with_axes.test_lockout import failures, recipe

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.security.with_axes.test_login_form")]
DOOR = "/door/"
WALL = "/wall/"


@method_decorator(axes_dispatch, name="dispatch")
class WalledLogin(PasskeyLoginView):
    """With the decorator that axes has for views."""


urlpatterns = [
    path("door/", PasskeyLoginView.as_view(next_page="/")),
    path("wall/", WalledLogin.as_view(next_page="/")),
    path("", include("tests.urls")),
]


@pytest.fixture(autouse=True)
def _as_documented(settings):
    settings.AXES_LOCKOUT_CALLABLE = recipe("lockout")


def by_passkey(browser, url=DOOR, *, answer=None, name="", **overrides):
    answer = answer or browser.authenticator.get(browser.request_options(), **overrides)
    return browser.client.post(url, {"username": name, "password": "", "passkey": json.dumps(answer)})


def by_wrong_password(browser, user):
    return browser.client.post(DOOR, credentials_of(user) | {"password": "wrong"})


def test_a_good_login_is_written_to_its_log(registered, user):
    assert by_passkey(registered).status_code == 302

    assert registered.user_id == str(user.pk)
    assert failures() == {}
    assert AccessLog.objects.get(path_info=DOOR).username == user.get_username()


def test_a_refused_passkey_is_an_error_of_the_form_and_counts_once(registered, user):
    page = by_passkey(registered, tamper_signature=True)

    assert page.status_code == 200
    assert page.context["form"].non_field_errors()
    assert failures() == {user.get_username(): 1}


def test_a_typed_name_does_not_make_an_unknown_passkey_somebodys_failure(registered, other_user):
    Passkey.objects.all().delete()

    by_passkey(registered, name=other_user.get_username())

    assert failures() == {None: 1}


def test_refused_passkeys_and_wrong_passwords_lock_the_form_together(registered, user):
    by_passkey(registered, tamper_signature=True)
    by_wrong_password(registered, user)

    assert by_passkey(registered, tamper_signature=True).status_code == 429
    assert by_passkey(registered).status_code == 429
    assert registered.user_id is None


@pytest.mark.parametrize("url", [DOOR, WALL])
def test_a_locked_out_passkey_is_not_spent(registered, user, url):
    for _ in range(3):
        by_wrong_password(registered, user)
    answer = registered.authenticator.get(registered.request_options())
    before = Passkey.objects.values().get()

    assert by_passkey(registered, url, answer=answer).status_code == 429

    assert Passkey.objects.values().get() == before
    AccessAttempt.objects.all().delete()
    assert by_passkey(registered, url).status_code == 302


def test_axes_own_answer_is_a_page_for_a_page(registered, user, settings):
    settings.AXES_LOCKOUT_CALLABLE = None
    for _ in range(3):
        by_wrong_password(registered, user)

    answer = by_passkey(registered)

    assert answer.status_code == 429
    assert answer["Content-Type"].startswith("text/html")


def test_with_the_other_recipe_an_account_is_locked_whatever_name_was_typed(
    registered, user, other_user, settings
):
    settings.AXES_LOCKOUT_PARAMETERS = ["username"]
    settings.AXES_USERNAME_CALLABLE = recipe("username")
    for _ in range(3):
        by_passkey(registered, tamper_signature=True, name=other_user.get_username())

    assert failures() == {user.get_username(): 3}
    assert by_passkey(registered).status_code == 429
    assert by_wrong_password(registered, other_user).status_code == 200
