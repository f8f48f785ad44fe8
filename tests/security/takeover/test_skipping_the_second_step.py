"""Somebody with the right password stands before the second step, and tries every way around it."""

import json

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from passkeys_django.models import Enrolment, Passkey
from tests.conftest import PASSWORD, Browser, credentials_of, make_user
from tests.enrolment.holder import Holder, new_link
from tests.policy.conftest import SECOND_STEP, is_parked, seen
from tests.security.takeover.conftest import (
    assert_owner_gets_in,
    assert_unharmed,
    guard_by_middleware,
    try_all_doors,
)
from tests.support.open_redirects import HOSTILE_NEXT

pytestmark = pytest.mark.django_db
AS_JSON = {"content_type": "application/json", "headers": {"Accept": "application/json"}}
ENDPOINTS = [
    *("start-registration", "finalize-registration", "finalize-login", "finalize-enrolment", "start-enrolment"),
    *(
        "accepted-credentials",
        "add-device/",
        "recovery-codes/",
        "confirm/",
        "end-sessions/",
        "not-now",
        "second-step/",
    ),
]
BODIES = [
    None,
    {},
    {"purpose": "second-step"},
    {"kind": "security-key"},
    {"token": "x", "passkey": "{}"},
    {"password": PASSWORD},
    {"passkey": None, "token": None},
    [],
    "null",
    b"\xff\xfe",
    '{"passkey": ' + "[" * 5000,
    '{"passkey": 1e400, "passkey": "__proto__"}',
]


@pytest.fixture
def parked(owner, user, settings):
    """A thief's client whose session waits for the owner's second step."""
    guard_by_middleware(settings, SECOND_STEP)
    client = Client()
    client.post("/own-login/", credentials_of(user))
    assert is_parked(client)
    return client


def sent(body):
    return "" if body is None else body if isinstance(body, str | bytes) else json.dumps(body)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_g5_no_endpoint_is_a_way_around(parked, user, name):
    for body in BODIES:
        response = parked.post(f"/passkeys/{name}?next=/home/", sent(body), **AS_JSON)

        assert 400 <= response.status_code < 500, (body, response.content)
        assert is_parked(parked)
    assert {*seen(parked).values()} <= {None}
    assert_unharmed(user)


@pytest.mark.parametrize("name", ["second-step/", "recover/", "start-enrolment", "finalize-enrolment", "confirm/"])
def test_hostile_json_is_refused_politely(client, db, name):
    for body in BODIES:
        response = client.post(f"/passkeys/{name}", sent(body), **AS_JSON)

        assert 400 <= response.status_code < 500, body
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"]


def test_g5_all_doors_stay_closed(parked, owner, user):
    try_all_doors(parked)

    assert_unharmed(user)
    assert not Enrolment.objects.exists()
    assert_owner_gets_in(owner, user)


@pytest.mark.parametrize("url", ["/admin/", "/admin/login/?next=/home/", "/accounts/login/?next=/home/", "/home/"])
def test_g5_the_password_again_is_still_no_second_step(parked, user, url):
    for _times in range(3):
        parked.get(url)
        parked.post(url, credentials_of(user) | {"next": "/home/"})

    assert {*seen(parked).values()} <= {None}
    assert parked.get("/home/").status_code == 302


def test_d16_after_the_second_step_nobody_is_led_elsewhere(owner, user, settings):
    """Neither at once, nor on a reload of the page when nothing is due any more."""
    guard_by_middleware(settings, SECOND_STEP)
    settings.LOGIN_REDIRECT_URL = "/home/"
    owner = owner.other_browser()
    client = owner.client
    client.post("/own-login/", credentials_of(user))
    for url in HOSTILE_NEXT:
        assert "evil" not in client.get("/passkeys/required/", {"next": url}).headers.get("Location", "")
    answer = owner.authenticator.get(owner.post("start-login", {"purpose": "second-step"}).json())
    page = "/passkeys/second-step/?next=//evil.example"
    assert client.post(page, json.dumps(answer), **AS_JSON).json() == {"redirect_url": "/home/"}

    for url in HOSTILE_NEXT:
        for page in ("second-step/", "required/"):
            response = client.get(f"/passkeys/{page}", {"next": url})
            assert (response.status_code, response["Location"]) == (302, "/home/"), (page, url)


def test_d16_a_login_of_the_site_that_leads_elsewhere_leads_no_further(owner, user, settings):
    """Site code redirects after its login to an address of the attacker's: the second step does not keep it."""
    guard_by_middleware(settings, SECOND_STEP)
    settings.LOGIN_REDIRECT_URL = "/home/"
    for url in (
        "//evil.example",
        "https://evil.example/",
        "https:evil.example",
    ):
        response = Client().post("/own-login/", credentials_of(user) | {"next": url})

        assert (response.status_code, response["Location"]) == (302, "/passkeys/second-step/?next=%2Fhome%2F"), url


def test_g6_b_who_signs_in_where_a_is_parked_gets_nothing_of_as(parked, owner, user):
    """Two people use one browser: A stops before the second step, and B signs in and owes nothing."""
    other = make_user("grace")
    token_of_a = {"purpose": "second-step"}
    begun = Browser(parked).post("start-login", token_of_a).json()
    credential_of_a = owner.authenticator.get(begun)

    parked.post("/accounts/login/", credentials_of(other))

    assert seen(parked)["user"] == other.get_username()
    refused = parked.post("/passkeys/second-step/", json.dumps(credential_of_a), **AS_JSON)
    assert refused.status_code in (200, 400, 401, 403)
    assert seen(parked) == {
        "user": other.get_username(),
        "get_user": other.get_username(),
        "auser": other.get_username(),
    }
    assert not is_parked(parked)


def test_g6_a_who_signs_in_by_link_where_b_is_parked_becomes_a_only(parked, user):
    other = make_user("grace")
    _enrolment, secret = new_link(other)
    holder = Holder(parked).open(secret)

    assert holder.enrol().status_code == 201

    assert seen(parked)["auser"] == other.get_username()
    assert "_passkeys_parked" not in parked.session
    assert Passkey.objects.filter(user=user).count() == 1


def test_g6_the_key_of_a_session_changes_at_every_step(owner, user, settings):
    """Session fixation: what somebody knew before the login, or while it waited, is worth nothing after it."""
    guard_by_middleware(settings, SECOND_STEP)
    owner = owner.other_browser()
    client = owner.client
    client.get("/passkeys/recover/")
    client.session.save()
    keys = [client.session.session_key]
    client.post("/own-login/", credentials_of(user))
    keys.append(client.session.session_key)
    answer = owner.authenticator.get(owner.post("start-login", {"purpose": "second-step"}).json())
    assert client.post("/passkeys/second-step/", json.dumps(answer), **AS_JSON).status_code == 200
    keys.append(client.session.session_key)

    assert len(set(keys)) == 3
    for key in keys[:2]:
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = key or ""
        assert {*seen(thief).values()} <= {None}


def test_g6_an_answer_counts_in_one_tab_only(owner, user, settings):
    guard_by_middleware(settings, SECOND_STEP)
    owner = owner.other_browser()
    client = owner.client
    client.post("/own-login/", credentials_of(user))
    answer = json.dumps(owner.authenticator.get(owner.post("start-login", {"purpose": "second-step"}).json()))
    assert client.post("/passkeys/second-step/", answer, **AS_JSON).status_code == 200
    client.post("/accounts/logout/")
    client.post("/own-login/", credentials_of(user))

    again = client.post("/passkeys/second-step/", answer, **AS_JSON)

    assert again.status_code in (400, 409)
    assert {*seen(client).values()} <= {None}


def test_g1_an_old_passkey_and_a_new_password_do_not_add_up_through_the_gate(owner, user, settings):
    """After a passkey, a password over that session: the last login counts, and owes the second step."""
    guard_by_middleware(settings, SECOND_STEP)
    owner = owner.other_browser()
    assert owner.login().status_code == 200
    assert seen(owner.client)["user"] == user.get_username()

    owner.client.post("/own-login/", credentials_of(user))

    assert is_parked(owner.client)
    try_all_doors(owner.client)
    assert_unharmed(user)
    assert get_user_model().objects.filter(pk=user.pk).exists()
