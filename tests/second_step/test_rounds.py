"""The second step comes before the session opens, in a second round of the same form."""

import json

import pytest
from django.contrib.auth.signals import user_logged_in
from django.core.management import call_command

from passkeys_django.models import Passkey
from tests.conftest import PASSWORD, Browser, credentials_of, listening, make_user, moved_clock
from tests.second_step.conftest import (
    answer,
    enter_password,
    owner_of_key,
    second_round,
    token_in,
    who,
)
from tests.second_step.urls import CaptchaForm, CaptchaLogin

pytestmark = pytest.mark.django_db


def sign_in(browser, user, url="/login/", **values):
    token = token_in(enter_password(browser, user, url, **values))
    return second_round(browser, token, answer(browser, token), url, **values)


@pytest.mark.parametrize("url", ["/login/", "/admin/login/?next=/elsewhere/"])
def test_a_password_and_a_security_key_sign_in(with_key, user, url):
    user.is_staff = True
    user.save()

    response = sign_in(with_key, user, url)

    assert response.status_code == 302
    assert response["Location"] == "/elsewhere/"
    assert who(with_key)["user"] == user.get_username()
    assert who(with_key)["methods"] == ["password", "security-key"]
    assert who(with_key)["strength"] == 2
    assert who(with_key)["amr"] == ["pwd", "user", "swk", "mfa"]  # this authenticator says that it syncs


def test_a_passkey_is_a_second_step_too(registered, user):
    registered.client.logout()

    sign_in(registered, user)

    assert who(registered)["methods"] == ["password", "passkey"]
    assert who(registered)["strength"] == 2


def test_g6_after_the_right_password_nobody_is_signed_in(with_key, user):
    with listening(user_logged_in) as logins:
        response = enter_password(with_key, user)

    assert response.status_code == 200
    assert b"One more step" in response.content
    assert PASSWORD not in response.content.decode()
    assert logins == []
    assert who(with_key)["user"] == who(with_key)["get_user"] == ""


def test_a_view_may_have_a_page_of_its_own_for_the_second_round(with_key, user, settings):
    pages = {"own_second_step.html": "Ours: {% include 'passkeys_django/second_step_form.html' %}"}
    loader = ("django.template.loaders.locmem.Loader", pages)
    [engine] = settings.TEMPLATES
    files = "django.template.loaders.app_directories.Loader"
    options = engine["OPTIONS"] | {"loaders": [loader, files]}
    settings.TEMPLATES = [{**engine, "APP_DIRS": False, "OPTIONS": options}]

    first = enter_password(with_key, user, "/own-page/")

    assert first.content.startswith(b"Ours: ")
    token = token_in(first)
    assert second_round(with_key, token, answer(with_key, token), "/own-page/").status_code == 302


def test_people_who_have_nothing_to_show_sign_in_by_password(user):
    browser = Browser()

    assert enter_password(browser, user).status_code == 302
    assert who(browser)["methods"] == ["password"]


def test_a_login_by_passkey_is_not_asked_for_a_second_step(registered, user):
    registered.client.logout()

    assert registered.login().status_code == 200
    assert who(registered)["methods"] == ["passkey"]


def test_a_wrong_password_shows_no_second_step(with_key, user):
    response = enter_password(with_key, user, password="wrong")

    assert token_in(response) is None
    assert b"One more step" not in response.content


def test_scripts_get_a_problem_with_the_token(with_key, user):
    response = with_key.client.post("/login/", credentials_of(user), headers={"accept": "application/json"})

    assert response.status_code == 403
    problem = response.json()
    assert (problem["code"], problem["url"]) == ("second_step_required", "/login/")
    assert second_round(with_key, problem["token"], answer(with_key, problem["token"])).status_code == 302


def test_g6_form_valid_runs_once_after_both_and_a_captcha_is_entered_once(with_key, user):
    CaptchaForm.used.clear()
    CaptchaLogin.valid.clear()
    values = {"captcha": "7 + 4", "remember": "on"}

    first = enter_password(with_key, user, "/captcha/", **values)
    assert CaptchaLogin.valid == []
    assert 'name="captcha" value="7 + 4"' in first.content.decode()
    token = token_in(first)
    response = second_round(with_key, token, answer(with_key, token), "/captcha/", **values)

    assert response["Location"] == "/dashboard/"
    assert CaptchaLogin.valid == [True]


def test_other_values_than_in_the_first_round_are_checked_again(with_key, user):
    CaptchaForm.used[:] = ["old"]
    token = token_in(enter_password(with_key, user, "/captcha/", captcha="new"))

    response = second_round(with_key, token, answer(with_key, token), "/captcha/", captcha="old")

    assert response.status_code == 200
    assert "This captcha was used before." in response.content.decode()
    assert who(with_key)["user"] == ""


def test_a_prefix_changes_the_names(with_key, user):
    names = {f"box-{name}": value for name, value in credentials_of(user).items()}
    token = token_in(with_key.client.post("/prefixed/", names))

    response = with_key.client.post("/prefixed/", {"box-token": token, "box-passkey": answer(with_key, token)})

    assert response.status_code == 302
    assert who(with_key)["methods"] == ["password", "security-key"]


def test_g6_a_step_left_open_for_six_minutes_is_too_late(with_key, user):
    with moved_clock(-360):
        token = token_in(enter_password(with_key, user))

    assert refused_start(with_key, token) == "ceremony_expired"
    response = second_round(with_key, token, "{}")
    assert b"This took too long" in response.content
    assert who(with_key)["user"] == ""


def refused_start(browser, token):
    response = browser.post("start-login", {"purpose": "second-step", "token": token})
    assert response.status_code == 400
    return response.json()["code"]


def test_g6_in_another_browser_the_token_is_worth_nothing(with_key, user):
    token = token_in(enter_password(with_key, user))
    thief = with_key.other_browser()

    assert refused_start(thief, token) == "ceremony_not_found"
    credential = answer(with_key, token)
    assert second_round(thief, token, credential).status_code == 200
    assert who(thief)["user"] == ""


def test_g6_the_key_of_another_user_is_no_second_step(with_key, user):
    grace = make_user("grace")
    hers = owner_of_key(grace)
    token = token_in(enter_password(with_key, user))
    with_key.authenticator, own = hers.authenticator, with_key.authenticator
    response = with_key.post("start-login", {"purpose": "second-step", "token": token})
    options = response.json()
    options["publicKey"]["allowCredentials"] = []
    with_key.authenticator = own
    foreign = Passkey.objects.get(user=grace).credential_id
    options["publicKey"]["allowCredentials"] = [{"type": "public-key", "id": foreign}]

    response = second_round(with_key, token, json.dumps(hers.authenticator.get(options)))

    assert response.status_code == 200
    assert who(with_key)["user"] == ""


def test_g6_a_token_of_another_person_does_not_take_my_key(with_key, user):
    """Ada's thief knows Ada's password, and has a key of his own."""
    thief = make_user("thief")
    his = owner_of_key(thief)
    adas = token_in(enter_password(his, user))
    own = token_in(enter_password(his, thief))
    credential = answer(his, own)

    assert second_round(his, adas, credential).status_code == 200
    assert who(his)["user"] == ""


def test_g6_after_the_passkey_was_removed_the_step_fails(with_key, user):
    token = token_in(enter_password(with_key, user))
    credential = answer(with_key, token)
    Passkey.objects.all().delete()

    assert second_round(with_key, token, credential).status_code == 200
    assert who(with_key)["user"] == ""


def test_g6_after_the_password_was_changed_the_step_fails(with_key, user):
    token = token_in(enter_password(with_key, user))
    credential = answer(with_key, token)
    user.set_password("another")
    user.save()

    assert second_round(with_key, token, credential).status_code == 200
    assert who(with_key)["user"] == ""


def test_g6_a_deactivated_user_gets_no_further(with_key, user, deactivate):
    token = token_in(enter_password(with_key, user))
    credential = answer(with_key, token)
    deactivate(user)

    assert second_round(with_key, token, credential).status_code == 200
    assert who(with_key)["user"] == ""


def test_two_tabs_do_not_disturb_each_other(with_key, user):
    first, second = (token_in(enter_password(with_key, user)) for _ in range(2))
    in_first, in_second = answer(with_key, first), answer(with_key, second)

    assert second_round(with_key, first, in_first).status_code == 302
    assert second_round(with_key, second, in_second).status_code == 302


def test_g6_a_credential_counts_once(with_key, user):
    token = token_in(enter_password(with_key, user))
    credential = answer(with_key, token)
    assert second_round(with_key, token, credential).status_code == 302
    with_key.client.logout()

    assert second_round(with_key, token, credential).status_code == 200
    assert who(with_key)["user"] == ""


def test_g6_the_key_of_a_secret_key_that_was_rotated_is_accepted_while_it_is_a_fallback(with_key, user, settings):
    token = token_in(enter_password(with_key, user))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"

    assert second_round(with_key, token, answer(with_key, token)).status_code == 302


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "é", "x" * 3000])
@pytest.mark.parametrize("credential", ["{}", "", "null", "[]", "é"])
def test_forged_second_rounds_are_refused_with_a_form(with_key, token, credential):
    response = second_round(with_key, token, credential)

    assert response.status_code == 200
    assert who(with_key)["user"] == ""


def test_a_failed_step_can_be_tried_again(with_key, user):
    token = token_in(enter_password(with_key, user))
    failed = second_round(with_key, token, answer(with_key, token, signature=b"wrong"))

    assert b"One more step" in failed.content
    again = token_in(failed)
    assert second_round(with_key, again, answer(with_key, again)).status_code == 302


def test_g7_a_security_key_alone_does_not_log_in_at_the_form(with_key):
    options = with_key.request_options()
    options["publicKey"]["allowCredentials"] = [{"type": "public-key", "id": Passkey.objects.get().credential_id}]
    credential = json.dumps(with_key.authenticator.get(options))

    assert with_key.client.post("/login/", {"passkey": credential}).status_code == 200
    assert who(with_key)["user"] == ""


def test_confirming_by_password_asks_for_the_key_too(with_key, user):
    sign_in(with_key, user)
    confirm = "/passkeys/confirm/?method=passkey&next=/elsewhere/"

    first = with_key.client.post(confirm, {"password": PASSWORD})
    assert first.status_code == 200
    token = token_in(first)
    response = with_key.client.post(confirm, {"token": token, "passkey": answer(with_key, token)})

    assert response["Location"] == "/elsewhere/"
    assert who(with_key)["methods"] == ["password", "security-key"]


def test_the_key_of_somebody_else_confirms_nothing(with_key, user):
    sign_in(with_key, user)
    thief = make_user("thief")
    his = owner_of_key(thief)
    his.client = with_key.client
    token = token_in(his.client.post("/login/", credentials_of(thief)))
    credential = answer(his, token)

    response = his.client.post("/passkeys/confirm/", {"token": token, "passkey": credential})

    assert response.status_code == 200
    assert who(with_key)["user"] == user.get_username()


def test_checks_say_nothing_about_this_site(settings):
    call_command("check", "--tag", "security", "--fail-level", "ERROR")
