"""G1 in this room: the strength that an account has, and who may create a passkey in a session."""

import json

import pytest
from django.test import Client

from passkeys_django.models import Passkey
from passkeys_django.policy import own_strength
from tests.conftest import Browser, refusal
from tests.policy.conftest import (
    AS_JSON,
    REFUSED,
    REQUIRED,
    SECOND_STEP,
    give_passkey,
    give_security_key,
    is_parked,
    later,
    log_in,
    seen,
)

pytestmark = pytest.mark.django_db
NEXT = "/passkeys/required/?next=/home/"
HELD = {
    "nothing": (lambda user: None, 1),
    "passkey": (give_passkey, 2),
    "unknown verification": (lambda user: give_passkey(user, user_verified=None), 2),
    "no verification": (lambda user: give_passkey(user, user_verified=False), 1),
    "security key": (give_security_key, 1),
    "refused by the provider": (lambda user: give_passkey(user, refused_at="2026-01-01T00:00Z"), 1),
    "of another address": (lambda user: give_passkey(user, rp_id="other.example"), 1),
}


@pytest.mark.parametrize(("give", "strength"), HELD.values(), ids=HELD)
def test_g1_the_strength_of_an_account(user, give, strength):
    give(user)

    assert own_strength(user) == strength


def test_g1_a_security_key_counts_where_it_is_asked_for(settings, user):
    settings.PASSKEY_POLICY = SECOND_STEP
    give_security_key(user)

    assert own_strength(user) == 2


def test_with_any_a_password_is_always_enough(settings, user):
    settings.PASSKEY_CONFIRM_METHOD = "any"
    give_passkey(user)

    assert own_strength(user) == 1


def test_g1_a_password_alone_adds_no_passkey_to_an_account_that_has_one(signed_in, user):
    give_passkey(user)

    assert refusal(signed_in.post("start-registration")) == (403, "reauthentication_required")


@pytest.fixture
def due(guarded, user):
    """A browser in which somebody has shown the password of an account that must get a passkey."""
    guarded(REQUIRED)
    return Browser(log_in(user)[0])


def test_g5_a_passkey_that_is_due_can_be_created_and_releases_the_session(due, user):
    response = due.register()

    assert response.status_code == 201
    assert Passkey.objects.of(user).count() == 1
    assert due.client.get("/home/").content == b"home"
    assert seen(due.client)["user"] == user.get_username()


def test_g5_what_is_due_lets_nobody_do_anything_else(due):
    for name in ("not-now", "confirm/", "accepted-credentials"):
        response = due.post(name, **AS_JSON)
        assert response.status_code in (401, 403), name


def test_g5_a_second_step_that_is_due_lets_nobody_register(guarded, user):
    guarded(SECOND_STEP)
    give_passkey(user)
    browser = Browser(log_in(user)[0])

    assert refusal(browser.post("start-registration")) == (401, "not_authenticated")


def test_g5_after_the_date_a_password_creates_no_passkey(guarded, user):
    guarded(REFUSED)
    browser = Browser(log_in(user)[0])

    assert refusal(browser.post("start-registration")) == (401, "not_authenticated")
    assert is_parked(browser.client)


def test_g1_a_passkey_that_came_meanwhile_asks_for_itself(due, user, settings):
    """It came from another session. This session has shown only a password."""
    options = due.creation_options()
    give_passkey(user)

    response = due.post("finalize-registration", due.authenticator.create(options))

    assert response.status_code == 403
    assert response.json()["code"] in ("reauthentication_required", "passkey_required")
    assert Passkey.objects.of(user).count() == 1


def test_g1_a_parked_session_whose_login_is_old_creates_nothing(guarded, user, settings):
    """The login was long ago when the policy began to ask."""
    guarded(None)
    with later(-3600):
        client, _response = log_in(user)
    settings.PASSKEY_POLICY = REQUIRED

    page = client.get(NEXT)

    assert b"sign in again first" in page.content
    assert b"data-passkey-register" not in page.content
    assert refusal(Browser(client).post("start-registration")) == (401, "not_authenticated")


@pytest.mark.parametrize("name", ["start-registration", "finalize-registration"])
def test_g5_five_minutes_later_the_door_is_closed(due, name):
    with later(301):
        assert refusal(due.post(name, {})) == (401, "not_authenticated")


# The page


def test_the_page_says_what_happens_next(due, user):
    page = due.client.get(NEXT).content.decode()

    assert user.get_username() in page
    assert 'data-passkey-register="/home/"' in page
    for text in ("needs a passkey", "fingerprint", "page that you wanted", "five minutes"):
        assert text in page


def test_the_page_leads_out(due):
    response = due.client.post(NEXT, {"sign_in_again": ""})

    assert response["Location"] == "/accounts/login/?next=%2Fhome%2F"
    assert not is_parked(due.client)


def test_u1_after_the_date_the_page_names_the_ways_on(guarded, user):
    guarded(REFUSED)
    client, _response = log_in(user)

    page = client.get(NEXT).content.decode()

    assert "ask the people who run this site to invite you" in page
    assert "data-passkey-register" not in page
    assert "sign_in_again" in page


def test_the_page_leads_on_where_nothing_is_due(guarded, user):
    guarded(REQUIRED)
    give_passkey(user)
    client, _response = log_in(user)

    assert client.get(NEXT)["Location"] == "/home/"


def test_the_page_leads_visitors_to_the_login(guarded, db):
    guarded(REQUIRED)

    assert Client().get(NEXT)["Location"] == "/accounts/login/?next=%2Fhome%2F"


def test_the_page_leads_to_the_second_step_where_that_is_due(guarded, user):
    guarded(SECOND_STEP)
    give_passkey(user)
    client, _response = log_in(user)

    assert client.get(NEXT)["Location"] == "/passkeys/second-step/?next=%2Fhome%2F"


def test_the_page_of_the_second_step_leads_to_what_is_due_instead(guarded, user):
    """Somebody's passkey was removed while the page for it was open."""
    guarded({"everybody": {"passkey": "required", "password": "second-step"}})
    passkey = give_passkey(user)
    client, response = log_in(user)
    assert response["Location"].startswith("/passkeys/second-step/")

    passkey.delete()

    assert client.get(response["Location"])["Location"].startswith("/passkeys/required/?next=")


def test_the_page_leads_nowhere_else(due, user):
    page = due.client.get("/passkeys/required/?next=https://evil.example/").content.decode()

    assert "evil.example" not in page.split('data-passkey-register="')[1].split('"')[0]


def test_scripts_are_told_on_the_page_too(due):
    assert due.client.get(NEXT, headers=AS_JSON).json()["code"] == "passkey_required"


def test_g5_where_the_only_passkey_may_not_sign_in_alone_another_is_created_after_the_second_step(guarded, user):
    """A password is refused, and nobody knows whether the passkey is found without a user name."""
    guarded({"everybody": {"passkey": "required", "password": "allowed"}})
    browser = Browser(log_in(user)[0])
    assert browser.register().status_code == 201
    passkey = Passkey.objects.get()
    Passkey.objects.update(discoverable=None)
    guarded(REFUSED)
    browser.client.logout()
    client, response = log_in(user)
    assert response["Location"].startswith("/passkeys/second-step/")
    again = Browser(client)
    again.authenticator = browser.authenticator
    credential = again.authenticator.get(again.request_options({"purpose": "second-step"}))

    response = client.post("/passkeys/second-step/?next=/home/", {"passkey": json.dumps(credential)})

    assert response["Location"] == "/passkeys/required/?next=%2Fhome%2F"
    assert "sign out and sign in with it" in client.get(NEXT).content.decode()
    another = Browser(client)
    assert another.register().status_code == 201
    assert Passkey.objects.exclude(pk=passkey.pk).count() == 1
    assert client.get("/home/").content == b"home"
