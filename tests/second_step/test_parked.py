"""The page `second-step/`: behind the middleware, for logins that our forms have not seen."""

import json

import pytest
from django.contrib.auth.signals import user_logged_in
from django.test import Client

from passkeys_django.models import Passkey
from tests.conftest import credentials_of, listening, make_user, moved_clock, refusal
from tests.second_step.conftest import answer, owner_of_key, who

pytestmark = pytest.mark.django_db
PAGE = "/passkeys/second-step/?next=/dashboard/"


def let_in(browser, user, **headers):
    """Site code signs the user in."""
    return browser.client.get(f"/logs-in/?user={user.pk}", headers=headers)


def parked(browser, user):
    response = let_in(browser, user)
    assert response.status_code == 302
    assert response["Location"].startswith("/passkeys/second-step/?next=")
    return browser


def test_g5_site_code_that_logs_in_is_led_to_the_second_step(with_key, user):
    response = let_in(with_key, user)

    assert response["Location"] == "/passkeys/second-step/?next=%2Felsewhere%2F"
    assert b"Welcome" not in response.content
    assert "_auth_user_id" not in with_key.client.session


def test_g5_until_then_each_page_leads_there_and_scripts_hear_why(with_key, user):
    parked(with_key, user)

    page = with_key.client.get("/dashboard/?a=b")
    assert page["Location"] == "/passkeys/second-step/?next=%2Fdashboard%2F%3Fa%3Db"
    script = with_key.client.get("/dashboard/", headers={"accept": "application/json"})
    assert refusal(script) == (403, "second_step_required")
    assert script.json()["url"] == "/passkeys/second-step/?next=%2Fdashboard%2F"
    assert with_key.client.post("/dashboard/").status_code == 302


def test_after_the_second_step_people_go_on(with_key, user):
    parked(with_key, user)
    page = with_key.client.get(PAGE)
    assert b"One more step" in page.content
    before = with_key.client.session.session_key

    with listening(user_logged_in) as logins:
        response = with_key.client.post(PAGE, {"passkey": answer(with_key)})

    assert response["Location"] == "/dashboard/"
    assert who(with_key)["user"] == user.get_username()
    assert who(with_key)["methods"] == ["password", "security-key"]
    assert with_key.client.session.session_key != before
    assert logins == []


def test_scripts_post_the_credential_as_json(with_key, user):
    parked(with_key, user)

    response = with_key.client.post(
        PAGE, answer(with_key), content_type="application/json", headers={"accept": "application/json"}
    )

    assert response.json() == {"redirect_url": "/dashboard/"}


def test_g6_a_parked_session_waits_five_minutes(with_key, user):
    with moved_clock(-360):
        parked(with_key, user)

    response = with_key.client.get(PAGE)

    assert response.status_code == 302
    assert response["Location"].startswith("/login/")
    assert with_key.client.session.get("_passkeys_parked") is None


def test_g6_a_token_of_the_form_is_not_needed_and_does_not_help_here(with_key, user):
    thief = make_user("thief")
    his = owner_of_key(thief)
    his.client = with_key.client
    parked(with_key, user)

    credential = his.post("start-login", {"purpose": "second-step"}).json()
    allowed = [item["id"] for item in credential["publicKey"]["allowCredentials"]]
    assert allowed == [Passkey.objects.get(user=user).credential_id]


def test_people_can_sign_in_as_somebody_else_instead(with_key, user):
    parked(with_key, user)
    grace = make_user("grace")

    assert with_key.client.get("/login/").status_code == 200
    response = with_key.client.post("/login/", credentials_of(grace))

    assert response.status_code == 302
    assert who(with_key)["user"] == grace.get_username()
    assert with_key.client.session.get("_passkeys_parked") is None


def test_people_can_give_up(with_key, user):
    parked(with_key, user)

    response = with_key.client.post(PAGE, {"sign_in_again": ""})

    assert response["Location"] == "/login/?next=%2Fdashboard%2F"
    assert with_key.client.get("/dashboard/").status_code == 200


def test_a_failed_step_leads_back_to_the_page(with_key, user):
    parked(with_key, user)

    response = with_key.client.post(PAGE, {"passkey": answer(with_key, signature=b"wrong")})

    assert response["Location"] == PAGE
    assert "_auth_user_id" not in with_key.client.session


@pytest.mark.parametrize("body", ["", "{}", "null", "[]", "x"])
def test_bad_credentials_are_refused(with_key, user, body):
    parked(with_key, user)

    assert with_key.client.post(PAGE, {"passkey": body}).status_code == 302
    script = with_key.client.post(
        PAGE, body, content_type="application/json", headers={"accept": "application/json"}
    )
    assert script.status_code == 400
    assert "_auth_user_id" not in with_key.client.session


def test_nobody_waits_here_without_a_login(client):
    assert client.get(PAGE)["Location"] == "/login/?next=%2Fdashboard%2F"
    script = client.get(PAGE, headers={"accept": "application/json"})
    assert refusal(script) == (401, "not_authenticated")


def test_signed_in_people_go_on(registered):
    registered.client.logout()
    registered.login()

    assert registered.client.get(PAGE)["Location"] == "/dashboard/"


def test_g5_a_password_at_a_view_that_issues_tokens_is_worth_nothing(with_key, user):
    def token_for(person):
        body = json.dumps(credentials_of(person))
        return with_key.client.post("/takes-password/", body, content_type="application/json").json()["token"]

    assert token_for(user) is None
    assert token_for(make_user("grace")) == "secret"  # she has nothing to show


@pytest.mark.parametrize("path", ["/who/", "/who-async/"])
def test_g5_code_sees_nobody_in_a_parked_session(with_key, user, path, settings):
    parked(with_key, user)
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "PolicyMiddleware" not in name]
    without_the_net = Client()
    without_the_net.cookies = with_key.client.cookies

    response = without_the_net.get(path)

    assert response.status_code == 200
    assert user.get_username() not in response.content.decode()


def test_g6_a_session_of_before_the_policy_is_parked_at_its_next_request(user, settings):
    browser = owner_of_key(user)
    policy, settings.PASSKEY_POLICY = settings.PASSKEY_POLICY, None
    browser.client.force_login(user, backend="passkeys_django.backends.PolicyModelBackend")
    assert browser.client.get("/dashboard/").status_code == 200
    settings.PASSKEY_POLICY = policy

    assert browser.client.get("/dashboard/")["Location"].startswith("/passkeys/second-step/")


def test_g5_a_login_over_the_session_of_another_user_is_no_impersonation(with_key, user):
    """A thief with an account of his own, whom site code then signs in as Ada."""
    with_key.client.force_login(make_user("thief"), backend="passkeys_django.backends.PolicyModelBackend")
    with_key.client.get("/who/")

    assert let_in(with_key, user)["Location"].startswith("/passkeys/second-step/")


def test_an_unwatched_login_needs_the_second_step_again_after_signing_out(with_key, user):
    parked(with_key, user)
    with_key.client.post(PAGE, {"passkey": answer(with_key)})
    with_key.client.logout()

    assert let_in(with_key, user)["Location"].startswith("/passkeys/second-step/")
