"""G1 through the views: who has a strong passkey or key confirms with it, before passkeys come or go."""

import pytest
from django.urls import reverse

from passkeys_django.models import Passkey
from tests.conftest import Browser, make_passkey, refusal
from tests.policy.strength.conftest import (
    CONFIRM,
    TOO_WEAK,
    an_hour_passes,
    authentication_of,
    confirm_by_password,
    second_round,
)

pytestmark = pytest.mark.django_db
AS_JSON = {"Accept": "application/json"}


def removal_of(passkey):
    return reverse("passkeys:remove", args=[passkey.pk])


def remove(browser, passkey):
    """By script."""
    return browser.client.post(removal_of(passkey), headers=AS_JSON)


# A password alone


def test_g1_a_password_alone_adds_no_passkey_to_an_account_that_has_one(thief):
    response = thief.post("start-registration")

    assert refusal(response) == TOO_WEAK
    assert response.json()["methods"] == ["passkey"]
    assert response.json()["reauthentication_url"] == "/passkeys/confirm/?method=passkey&next=%2Fpasskeys%2F"
    assert not any(name.startswith("passkey_") for name in thief.client.cookies)


def test_g1_a_password_alone_adds_no_security_key_to_an_account_that_has_a_passkey(thief):
    assert refusal(thief.post("start-registration", {"kind": "security-key"})) == TOO_WEAK
    assert refusal(thief.post("start-registration", {"mediation": "conditional"})) == TOO_WEAK


def test_g1_a_registration_that_began_before_the_first_passkey_is_not_finished_by_a_password(user):
    thief = Browser().sign_in(user)
    credential = thief.authenticator.create(thief.creation_options())
    assert Browser().sign_in(user).register().status_code == 201

    assert refusal(thief.post("finalize-registration", credential)) == TOO_WEAK
    assert Passkey.objects.of(user).count() == 1


def test_g1_a_password_alone_removes_no_passkey(thief, passkey):
    response = remove(thief, passkey)

    assert refusal(response) == TOO_WEAK
    assert response.json()["methods"] == ["passkey"]
    assert "method=passkey" in response.json()["reauthentication_url"]
    assert Passkey.objects.filter(pk=passkey.pk).exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_g1_people_are_led_to_confirm_with_a_passkey_before_they_remove_one(thief, passkey, method):
    page = removal_of(passkey)

    response = getattr(thief.client, method)(page)

    back = page.replace("/", "%2F") if method == "get" else "%2Fpasskeys%2F"
    assert response["Location"] == f"/passkeys/confirm/?method=passkey&next={back}"
    assert Passkey.objects.filter(pk=passkey.pk).exists()


def test_g1_a_password_does_not_confirm_where_a_passkey_is_wanted(thief, passkey):
    assert confirm_by_password(thief).status_code == 200

    assert refusal(thief.post("start-registration")) == TOO_WEAK
    assert refusal(remove(thief, passkey)) == TOO_WEAK


def test_g1_the_page_that_wants_a_passkey_asks_for_no_password(thief):
    page = thief.client.get(f"{CONFIRM}?method=passkey").content

    assert b'type="password"' not in page
    assert b"Confirm with a passkey" in page


def test_g1_a_first_passkey_needs_no_more_than_a_password(signed_in):
    assert signed_in.register().status_code == 201


def test_g1_a_weak_passkey_of_the_account_asks_for_no_strength(signed_in, user):
    """Nobody could show it: our options require user verification, which it has never had."""
    weak = make_passkey(user)

    assert signed_in.post("start-registration").status_code == 200
    assert remove(signed_in, weak).status_code == 204


@pytest.mark.parametrize("user_verified", [True, None])
def test_g1_a_passkey_that_may_be_strong_asks_for_strength(signed_in, user, user_verified):
    """None: it was adopted from elsewhere, and nobody knows yet."""
    make_passkey(user, user_verified=user_verified)

    assert refusal(signed_in.post("start-registration")) == TOO_WEAK


def test_g1_with_any_a_password_registers_and_removes(thief, passkey, settings):
    settings.PASSKEY_CONFIRM_METHOD = "any"

    assert thief.register().status_code == 201
    assert remove(thief, passkey).status_code == 204


# A session alone


@pytest.mark.parametrize("by", ["password", "passkey"])
@pytest.mark.parametrize("method", ["strongest", "any"])
def test_g1_a_stolen_session_an_hour_old_changes_nothing(owner, user, passkey, settings, by, method):
    settings.PASSKEY_CONFIRM_METHOD = method
    owner.sign_in(user) if by == "password" else owner.login()
    an_hour_passes(owner)

    assert refusal(owner.post("start-registration")) == TOO_WEAK
    assert refusal(owner.post("finalize-registration", {})) == TOO_WEAK
    assert refusal(remove(owner, passkey)) == TOO_WEAK


def test_g1_a_stolen_session_and_the_password_change_nothing(owner, passkey):
    owner.login()
    an_hour_passes(owner)

    assert confirm_by_password(owner).status_code == 200

    assert refusal(owner.post("start-registration")) == TOO_WEAK
    assert refusal(remove(owner, passkey)) == TOO_WEAK


# The owner


def test_g1_whoever_signed_in_with_the_passkey_registers_and_removes(owner, user):
    owner.login()

    assert Browser(owner.client).register().status_code == 201
    assert remove(owner, Passkey.objects.of(user).last()).status_code == 204


def test_g1_whoever_confirms_with_the_passkey_registers_and_removes(owner, user, passkey):
    owner.sign_in(user).confirm()

    assert owner.post("start-registration").status_code == 200
    assert remove(owner, passkey).status_code == 204


def test_g1_another_users_passkey_does_not_confirm(thief, other_user, passkey):
    mallory = Browser().sign_in(other_user)
    assert mallory.register().status_code == 201
    options = thief.request_options({"purpose": "confirm"})
    (credential_id,) = mallory.authenticator.credentials

    response = thief.post("finalize-login", mallory.authenticator.get(options, credential_id=credential_id))

    assert response.status_code == 403
    assert refusal(thief.post("start-registration")) == TOO_WEAK


# Security keys


def test_g1_a_security_key_with_a_second_step_wants_password_and_key(with_key):
    response = with_key.post("start-registration")

    assert refusal(response) == TOO_WEAK
    assert response.json()["methods"] == ["security-key"]
    assert "method=passkey" in response.json()["reauthentication_url"]
    assert refusal(remove(with_key, Passkey.objects.get())) == TOO_WEAK


def test_g1_password_and_security_key_register_and_remove(with_key):
    assert second_round(with_key).status_code == 200

    assert authentication_of(with_key).methods == ("password", "security-key")
    assert authentication_of(with_key).strength == 2
    assert with_key.post("start-registration").status_code == 200
    assert remove(with_key, Passkey.objects.get()).status_code == 204


def test_g1_the_page_asks_the_owner_of_a_security_key_for_the_password(with_key):
    assert b'type="password"' in with_key.client.get(f"{CONFIRM}?method=passkey").content


def test_g1_a_security_key_alone_confirms_nothing(with_key):
    (credential_id,) = with_key.authenticator.credentials
    options = with_key.request_options({"purpose": "confirm"})

    response = with_key.post("finalize-login", with_key.authenticator.get(options, credential_id=credential_id))

    assert response.status_code in (400, 403)
    assert refusal(with_key.post("start-registration")) == TOO_WEAK


def test_g1_a_security_key_that_nobody_asks_for_does_not_count(with_key, settings):
    """A site that gave the policy up: a key that no page asks for would lock its owner out."""
    del settings.PASSKEY_POLICY

    assert with_key.post("start-registration").status_code == 200
