"""G1: how strong a login is, and what the record says of it."""

import pytest

from passkeys_django.sessions import is_recently_authenticated
from tests.conftest import PASSWORD, Browser, refusal
from tests.policy.strength.conftest import (
    SECOND_STEP,
    TOO_WEAK,
    an_hour_passes,
    authentication_of,
    confirm_by_password,
    second_round,
)
from tests.sessions.test_sessions import request_of

pytestmark = pytest.mark.django_db


def test_g1_a_passkey_login_has_strength_2(owner):
    owner.login()

    assert authentication_of(owner).strength == 2


def test_g1_a_passkey_without_user_verification_has_strength_1(user, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    browser = Browser(user_verified=False).sign_in(user)
    assert browser.register().status_code == 201
    browser.client.logout()

    assert browser.login().status_code == 200

    assert authentication_of(browser).methods == ("passkey",)
    assert authentication_of(browser).strength == 1
    assert not is_recently_authenticated(request_of(browser), method="passkey")


def test_g1_a_strong_passkey_used_without_verification_changes_nothing(owner, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"

    assert owner.login(flags={"uv": False}).status_code == 200

    assert refusal(owner.post("start-registration")) == TOO_WEAK


def test_g1_a_password_after_a_passkey_login_lowers_the_session(owner):
    owner.login()

    assert confirm_by_password(owner).status_code == 200

    assert authentication_of(owner).methods == ("password",)
    assert authentication_of(owner).strength == 1
    assert refusal(owner.post("start-registration")) == TOO_WEAK


def test_g1_an_old_passkey_login_and_a_new_password_are_not_two_factors(owner, user):
    """A stolen session that a passkey opened, and the password: the record is the password's alone."""
    owner.login()
    an_hour_passes(owner)

    assert confirm_by_password(owner).status_code == 200

    authentication = authentication_of(owner)
    assert (authentication.methods, authentication.strength) == (("password",), 1)
    assert authentication.passkey is None
    assert authentication.user_verified is False
    assert "mfa" not in authentication.amr


def test_g1_a_password_login_over_a_passkey_session_is_the_passwords(owner, user):
    owner.login()

    assert owner.client.login(username=user.get_username(), password=PASSWORD)

    assert authentication_of(owner).strength == 1


def test_g1_a_passkey_without_verification_after_a_password_is_no_second_step(user, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    browser = Browser(user_verified=False).sign_in(user)
    assert browser.register().status_code == 201

    assert browser.login().status_code == 200

    assert authentication_of(browser).methods == ("passkey",)
    assert authentication_of(browser).strength == 1


# What the record says (RFC 8176)


@pytest.mark.parametrize(
    ("synced", "verified", "amr"),
    [
        (True, True, ("user", "swk", "mfa")),
        (False, True, ("user", "hwk", "mfa")),
        (True, False, ("user", "swk")),
        (False, False, ("user", "hwk")),
    ],
)
def test_g1_the_record_of_a_passkey_says_where_its_key_is_and_whether_it_is_two_factors(
    user, settings, synced, verified, amr
):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    browser = Browser(user_verified=verified, backup_eligible=synced, backup_state=synced).sign_in(user)
    assert browser.register().status_code == 201
    browser.client.logout()

    browser.login()

    assert authentication_of(browser).amr == amr


def test_g1_the_record_of_a_password_says_one_factor(signed_in):
    assert authentication_of(signed_in).amr == ("pwd",)

    assert confirm_by_password(signed_in).status_code == 200

    assert authentication_of(signed_in).amr == ("pwd",)


def test_g1_the_record_of_a_second_step_says_both_factors(with_key):
    second_round(with_key)

    assert authentication_of(with_key).amr == ("pwd", "user", "hwk", "mfa")


def test_g1_a_passkey_as_second_step_is_recorded_with_the_password(owner, user, settings):
    settings.PASSKEY_POLICY = SECOND_STEP
    owner.sign_in(user)

    second_round(owner)

    authentication = authentication_of(owner)
    assert (authentication.methods, authentication.strength) == (("password", "passkey"), 2)
    assert authentication.amr == ("pwd", "user", "swk", "mfa")


# PASSKEY_LOGIN_METHOD


def single_sign_on(request, user):
    assert request.session is not None
    assert user.is_active
    return "other"


def mistaken(request, user):
    return "passkey"


def failing(request, user):
    raise RuntimeError("no such provider")


def recorded_with(settings, function, user):
    settings.PASSKEY_LOGIN_METHOD = f"{__name__}.{function}"
    return authentication_of(Browser().sign_in(user))


def test_g1_the_site_says_which_logins_have_factors_of_their_own(settings, user):
    authentication = recorded_with(settings, "single_sign_on", user)

    assert (authentication.methods, authentication.amr) == (("other",), ())


def test_g1_a_login_by_other_means_has_strength_1(settings, owner, user):
    """It has no passkey, whatever its provider has asked for: the account's own passkey is asked for."""
    assert recorded_with(settings, "single_sign_on", user).strength == 1

    assert refusal(owner.sign_in(user).post("start-registration")) == TOO_WEAK


@pytest.mark.parametrize("function", ["mistaken", "failing"])
def test_g1_the_site_cannot_make_a_login_stronger_by_mistake(settings, user, function, refusals_logged):
    authentication = recorded_with(settings, function, user)

    assert (authentication.methods, authentication.strength, authentication.amr) == (("password",), 1, ("pwd",))
    failed = "PASSKEY_LOGIN_METHOD failed: the login counts as one by password"
    assert (failed in refusals_logged()) is (function == "failing")


def test_g1_a_passkey_login_is_not_asked_about(settings, owner):
    settings.PASSKEY_LOGIN_METHOD = f"{__name__}.single_sign_on"

    owner.login()

    assert authentication_of(owner).methods == ("passkey",)
