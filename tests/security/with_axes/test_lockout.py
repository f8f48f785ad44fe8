"""django-axes and passkeys: failures are counted once, and whoever is locked out is refused calmly."""

import re
from pathlib import Path

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.signals import user_login_failed
from django.http import HttpResponse
from django.test import Client

from passkeys_django.models import Passkey
from tests.conftest import Browser, credentials_of, refusal

pytestmark = pytest.mark.django_db
PAGE = (Path(__file__).parents[3] / "docs" / "limits.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
LOGIN_FAILED = (403, "login_failed")


def recipe(name):
    """The function of this name in docs/limits.md."""
    (block,) = [block for block in BLOCKS if f"def {name}" in block]
    names = {}
    exec(compile(block, "docs/limits.md", "exec"), names)
    return names[name]


@pytest.fixture(autouse=True)
def _as_documented(settings):
    settings.AXES_LOCKOUT_CALLABLE = recipe("lockout")


@pytest.fixture
def by_username(settings):
    """Accounts are locked, not addresses."""
    settings.AXES_LOCKOUT_PARAMETERS = ["username"]
    settings.AXES_USERNAME_CALLABLE = recipe("username")


def failures():
    """By username."""
    return {attempt.username: attempt.failures_since_start for attempt in AccessAttempt.objects.all()}


def by_password(user, password=None):
    credentials = credentials_of(user)
    return Client().post("/accounts/login/", credentials | ({"password": password} if password else {}))


def test_each_failure_is_counted_once_with_its_username(registered, user):
    for count in (1, 2):
        assert refusal(registered.login(tamper_signature=True)) == LOGIN_FAILED
        assert failures() == {user.get_username(): count}


def test_the_failures_of_an_unknown_passkey_count_for_the_address(registered):
    Passkey.objects.all().delete()

    assert registered.login().status_code == 403

    assert failures() == {None: 1}
    assert AccessAttempt.objects.get().ip_address == "127.0.0.1"


def test_the_refusal_of_an_inactive_user_is_counted_once_with_the_username(registered, user, deactivate):
    deactivate(user)

    assert refusal(registered.login()) == LOGIN_FAILED

    assert failures() == {user.get_username(): 1}


def test_a_good_login_is_written_to_its_log(registered, user):
    assert registered.login().status_code == 200

    assert failures() == {}
    assert AccessLog.objects.get(path_info="/passkeys/finalize-login").username == user.get_username()


def test_a_good_login_forgives_if_axes_is_told_to(registered, settings):
    settings.AXES_RESET_ON_SUCCESS = True
    registered.login(tamper_signature=True)

    assert registered.login().status_code == 200
    assert failures() == {}


def test_after_so_many_failures_the_address_is_locked_out(registered, user):
    for _ in range(3):
        assert refusal(registered.login(tamper_signature=True)) == LOGIN_FAILED

    assert refusal(registered.login()) == LOGIN_FAILED
    assert registered.user_id is None
    assert by_password(user).status_code == 429
    elsewhere = registered.other_browser()
    elsewhere.client.defaults["REMOTE_ADDR"] = "198.51.100.1"
    assert elsewhere.login().status_code == 200


def test_passwords_that_failed_lock_passkeys_at_this_address_too(registered, user):
    for _ in range(3):
        by_password(user, "wrong")

    assert refusal(registered.login()) == LOGIN_FAILED
    assert registered.user_id is None


def test_a_login_while_locked_out_spends_nothing_and_is_announced_once(registered, user):
    for _ in range(3):
        by_password(user, "wrong")
    before = Passkey.objects.values().get()
    announced = []
    receiver = lambda **kwargs: announced.append(kwargs)  # noqa: E731
    user_login_failed.connect(receiver)
    try:
        registered.login()
    finally:
        user_login_failed.disconnect(receiver)

    assert Passkey.objects.values().get() == before
    assert len(announced) == 1


@pytest.mark.usefixtures("by_username")
def test_an_account_that_is_locked_out_is_so_for_its_passkeys_too(registered, user, other_user):
    another = Browser().sign_in(other_user)
    another.register()
    another.client.logout()
    for _ in range(3):
        assert refusal(registered.login(tamper_signature=True)) == LOGIN_FAILED
    assert failures() == {user.get_username(): 3}

    assert refusal(registered.login()) == LOGIN_FAILED
    assert by_password(user).status_code == 429
    assert another.login().status_code == 200


def test_without_that_recipe_a_locked_account_still_has_its_passkeys(registered, user, settings):
    """Guessing at somebody's password does not keep them out: a passkey cannot be guessed."""
    settings.AXES_LOCKOUT_PARAMETERS = ["username"]
    settings.AXES_USERNAME_FORM_FIELD = "username"  # as Django's login form calls it
    for _ in range(3):
        by_password(user, "wrong")
    assert by_password(user).status_code == 429

    assert registered.login().status_code == 200


def test_without_the_other_recipe_axes_answers_in_its_own_way(registered, settings):
    settings.AXES_LOCKOUT_CALLABLE = None

    answers = [registered.login(tamper_signature=True) for _ in range(3)]

    assert answers[-1].status_code == 429
    assert answers[-1]["Content-Type"].startswith("text/html")


def test_pages_get_axes_own_answer_with_the_recipe(rf):
    page = HttpResponse("login page")

    assert recipe("lockout")(rf.post("/accounts/login/"), page, {}).status_code == 429


def test_a_throttled_login_is_no_failure_for_axes(registered, settings):
    settings.PASSKEY_RATE_LIMITS = {"finalize-login": "1/d"}
    registered.post("finalize-login", {})
    AccessAttempt.objects.all().delete()

    assert refusal(registered.login()) == (429, "throttled")

    assert failures() == {}


def test_behind_a_proxy_axes_can_share_the_address_with_us(registered, settings):
    [path] = re.findall(r'AXES_CLIENT_IP_CALLABLE = "([\w.]+)"', PAGE)
    settings.AXES_CLIENT_IP_CALLABLE, settings.PASSKEY_TRUSTED_PROXIES = path, 1
    registered.client.defaults["HTTP_X_FORWARDED_FOR"] = "6.6.6.6, 203.0.113.77"

    registered.login(tamper_signature=True)

    assert AccessAttempt.objects.get().ip_address == "203.0.113.77"
