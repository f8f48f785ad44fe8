"""Somebody wants to pass for another user, or to show less than the site has asked for."""

import pytest
from django.test import Client, RequestFactory

from passkeys_django import ceremonies
from passkeys_django.exceptions import CeremonyNotFound
from passkeys_django.models import Passkey
from passkeys_django.testing.encoding import b64url
from tests.ceremonies.login.known_user.site import (
    LOGIN_FAILED,
    NOT_FOUND,
    add,
    answered,
    ask,
    options_for,
    passkey_of,
)
from tests.conftest import Browser, ceremony_cookies, moved_clock, put_cookies, refusal
from tests.support.two_steps import KEY, first_round, second_options, with_key

pytestmark = pytest.mark.django_db


CONFIRM = {"purpose": "confirm"}


# Somebody else


def test_a3_another_users_passkey_is_refused_wherever_the_ceremony_is_finished(
    both, user, other_user, refusals_logged
):
    """As after a conditional request: autofill may offer what the options do not list."""
    foreign = passkey_of(other_user).credential_id

    for finish in (
        lambda credential: ask(both, "finish", credential, user=user),
        lambda credential: ask(both, "finish", credential),
        lambda credential: ask(both, "sign_in", credential),
        lambda credential: both.post("finalize-login", credential),
    ):
        assert refusal(finish(answered(both, user, credential_id=foreign))) == LOGIN_FAILED
        assert both.user_id is None
    assert all("begun for another user" in line for line in refusals_logged())
    assert passkey_of(other_user).use_count == 0


def test_a3_an_own_ceremony_of_the_public_endpoint_does_not_pass_for_a_known_users(both, user, other_user):
    """The attacker answers with their own passkey where the site wants to see the victim's."""
    own = passkey_of(other_user).credential_id
    credential = both.authenticator.get(both.request_options(), credential_id=own)
    assert refusal(ask(both, "finish", credential, user=user)) == NOT_FOUND

    theirs = both.authenticator.get(both.request_options(), credential_id=passkey_of(user).credential_id)
    assert refusal(ask(both, "finish", theirs, user=user)) == NOT_FOUND  # it may ask for less than the site did


def test_a_ceremony_that_was_begun_for_oneself_does_not_pass_for_another_users(both, user, other_user):
    own = passkey_of(other_user).credential_id
    credential = answered(both, other_user, credential_id=own)

    assert refusal(ask(both, "finish", credential, user=user)) == NOT_FOUND


def test_nor_does_a_confirmation_of_oneself(both, user, other_user):
    both.sign_in(other_user)
    own = passkey_of(other_user).credential_id
    credential = both.authenticator.get(both.request_options(CONFIRM), credential_id=own)

    assert refusal(ask(both, "finish", credential, user=user)) == NOT_FOUND


def test_whoever_is_nobody_finishes_nothing(registered, user):
    assert refusal(ask(registered, "finish", answered(registered, user), user="")) == NOT_FOUND


def test_the_public_endpoint_finishes_it_for_this_user_only(registered, user):
    """The owner of a passkey can sign in anyway. Nobody gets further than this."""
    response = registered.post("finalize-login", answered(registered, user))

    assert response.status_code == 200
    assert registered.user_id == str(user.pk)


def test_a13_the_public_endpoint_names_no_passkeys_whatever_it_is_told(registered, user):
    named = {"user": str(user.pk), "user_id": str(user.pk), "username": user.get_username(), "email": user.email}

    for body in ({}, named, {name: [value] for name, value in named.items()}):
        options = registered.request_options(body)["publicKey"]
        assert set(options) == {"challenge", "timeout", "rpId", "userVerification"}


def test_the_public_endpoint_lets_nobody_choose_the_verification(registered, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    for body in ({"user_verification": "discouraged"}, {"userVerification": "discouraged"}):
        assert registered.request_options(body)["publicKey"]["userVerification"] == "preferred"


def test_a_passkey_that_changes_hands_during_the_ceremony_is_refused(
    registered, user, other_user, refusals_logged
):
    credential = answered(registered, user)
    Passkey.objects.update(user=other_user)

    assert refusal(registered.post("finalize-login", credential)) == LOGIN_FAILED
    assert "begun for another user" in refusals_logged()[0]
    assert registered.user_id is None


def test_a_security_key_never_signs_in_alone(registered, user, refusals_logged):
    credential = answered(registered, user, credential_id=add(registered, user, **KEY))

    assert refusal(ask(registered, "finish", credential, user=user)) == LOGIN_FAILED
    assert "security key" in refusals_logged()[0]


def test_a_second_step_is_no_login_of_its_user(two_steps, user):
    """The attacker knows the password and has the security key: this is good for a second step, and no more."""
    browser = with_key(user)
    credential = browser.authenticator.get(second_options(browser, first_round(browser, user)))

    assert refusal(ask(browser, "finish", credential, user=user)) == NOT_FOUND


def test_a_login_of_a_user_is_no_second_step(registered, user):
    credential = answered(registered, user)
    request = RequestFactory().post("/")
    request.COOKIES.update(ceremony_cookies(registered.client))

    with pytest.raises(CeremonyNotFound):
        ceremonies.verify_second_step(request, credential, user=user)


# Less than was asked for


def test_an_answer_without_the_verification_that_was_asked_for_is_refused(
    registered, user, settings, refusals_logged
):
    """The page's options were edited: "required" became "discouraged"."""
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    options = options_for(registered, user, verification="required")
    options["publicKey"]["userVerification"] = "discouraged"

    credential = registered.authenticator.get(options, flags={"uv": False})

    assert refusal(ask(registered, "finish", credential, user=user)) == LOGIN_FAILED
    assert "user not verified" in refusals_logged()[0]


def test_a_weaker_ceremony_of_the_public_endpoint_is_no_way_around_it(registered, user, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    options_for(registered, user, verification="required")
    credential = registered.authenticator.get(registered.request_options(), flags={"uv": False})

    assert refusal(ask(registered, "finish", credential, user=user)) == NOT_FOUND


def test_the_answer_needs_somebody_at_the_device(registered, user):
    assert refusal(ask(registered, "finish", answered(registered, user, flags={"up": False}), user=user)) == (
        LOGIN_FAILED
    )


# Cookies


def test_the_answer_is_good_once_and_in_this_browser(registered, user):
    credential = answered(registered, user)
    cookies = ceremony_cookies(registered.client)
    assert refusal(ask(Browser(Client()), "finish", credential, user=user)) == NOT_FOUND
    assert ask(registered, "finish", credential, user=user).status_code == 200
    put_cookies(registered.client, cookies)

    assert refusal(ask(registered, "finish", credential, user=user)) == (409, "ceremony_used")
    put_cookies(registered.client, cookies)
    assert refusal(registered.post("finalize-login", credential)) == (409, "ceremony_used")
    assert registered.user_id is None


def test_the_answer_is_good_for_ten_minutes(registered, user):
    with moved_clock(-601):
        credential = answered(registered, user)

    assert refusal(ask(registered, "finish", credential, user=user)) == (400, "ceremony_expired")


def test_the_cookie_of_another_ceremony_does_not_free_it_from_its_user(both, user, other_user):
    """The cookie of an own, open ceremony is put in the place of the one that names the victim."""
    credential = answered(both, user, credential_id=passkey_of(other_user).credential_id)
    [name] = ceremony_cookies(both.client)
    both.request_options()
    [other] = set(ceremony_cookies(both.client)) - {name}
    put_cookies(both.client, {name: ceremony_cookies(both.client)[other]})

    assert refusal(ask(both, "finish", credential)) == NOT_FOUND


def test_the_cookie_does_not_say_whose_ceremony_it_is(registered, user):
    options_for(registered, user)
    [cookie] = ceremony_cookies(registered.client).values()

    assert str(user.get_username()) not in cookie
    assert b64url(str(user.get_username()).encode()) not in cookie
