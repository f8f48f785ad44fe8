"""Through the views: a security key never logs in alone. A second step counts for one person, browser and time."""

import json

import pytest
from django.core.management import call_command

from passkeys_django.models import Passkey, PasskeyManager
from tests.conftest import PASSWORD, ceremony_cookies, make_passkey, put_cookies, refusal
from tests.support.two_steps import (
    KEY,
    LOGIN,
    first_round,
    log_in,
    second_options,
    second_round,
    use_site,
    with_key,
)

pytestmark = pytest.mark.django_db
LOGIN_FAILED = (403, "login_failed")
ADMIN_LOGIN = "/admin/login/"


@pytest.fixture(autouse=True)
def _site(settings):
    use_site(settings)


@pytest.fixture
def key(user):
    """A browser with nothing but a security key of `user`."""
    return with_key(user)


def alone(browser, start=None):
    """The key's good answer to the challenge of a login, with the handle that a passkey would give."""
    options = browser.request_options(start)
    (credential,) = browser.authenticator.credentials.values()
    return browser.authenticator.get(
        options, credential_id=credential.credential_id, user_handle=credential.user_handle
    )


# Alone


def test_g7_a_key_alone_is_refused_at_finalize_login(key):
    assert refusal(key.post("finalize-login", alone(key))) == LOGIN_FAILED
    assert key.user_id is None
    assert Passkey.objects.get().use_count == 0


@pytest.mark.parametrize("url", [LOGIN, ADMIN_LOGIN])
def test_g7_a_key_alone_is_refused_by_login_forms(key, user, url):
    user.is_staff = True
    user.save()

    response = key.client.post(url, {"passkey": json.dumps(alone(key))})

    assert response.status_code == 200
    assert key.user_id is None


def test_g7_a_key_alone_confirms_nothing(key, user):
    key.sign_in(user)

    assert refusal(key.post("finalize-login", alone(key, {"purpose": "confirm"}))) == LOGIN_FAILED


def test_g7_a_confirmation_offers_no_keys(key, user):
    key.sign_in(user)

    assert "allowCredentials" not in key.request_options({"purpose": "confirm"})["publicKey"]


def test_g7_the_answer_to_a_second_step_is_none_to_a_login(key, user):
    credential = key.authenticator.get(second_options(key, first_round(key, user)))

    assert refusal(key.post("finalize-login", credential)) == (400, "ceremony_not_found")
    assert key.user_id is None


def test_g7_a_passkeys_answer_to_a_second_step_is_no_login_either(registered, user):
    credential = registered.authenticator.get(second_options(registered, first_round(registered, user)))

    assert refusal(registered.post("finalize-login", credential)) == (400, "ceremony_not_found")
    assert registered.user_id is None


def test_g7_the_answer_to_a_login_is_none_to_a_second_step(registered, user):
    token = first_round(registered, user)
    credential = registered.authenticator.get(registered.request_options())

    assert second_round(registered, token, credential).status_code != 302
    assert registered.user_id is None


def test_g7_a_key_is_no_way_in_so_the_last_passkey_beside_it_stays(registered, user):
    user.set_unusable_password()
    user.save()
    key = make_passkey(user, kind="security-key")
    passkey = Passkey.objects.get(kind="passkey")
    assert registered.login().status_code == 200

    def remove(row):
        return registered.client.post(f"/passkeys/{row.pk}/remove/", headers={"Accept": "application/json"})

    assert refusal(remove(passkey)) == (409, "last_passkey")
    assert remove(key).status_code == 204


# Somebody else's


def test_g6_g7_the_key_of_another_person_is_no_second_step(key, user, other_user):
    thief = with_key(other_user)
    token = first_round(thief, user)
    credential = thief.authenticator.get(
        second_options(thief, token), credential_id=next(iter(thief.authenticator.credentials))
    )

    assert second_round(thief, token, credential).status_code != 302
    assert thief.user_id is None


def test_g6_the_answer_to_ones_own_second_step_is_none_to_anothers(key, user, other_user):
    thief = with_key(other_user)
    own = thief.authenticator.get(second_options(thief, first_round(thief, other_user)))
    token = first_round(thief, user)

    assert second_round(thief, token, own).status_code != 302
    assert thief.user_id is None


def test_g6_a_token_in_another_browser_starts_nothing(key, user):
    token = first_round(key, user)
    elsewhere = key.other_browser()

    response = elsewhere.post("start-login", {"purpose": "second-step", "token": token})

    assert refusal(response) == (400, "ceremony_not_found")


# Meanwhile and again


def test_g6_a_key_that_was_removed_meanwhile_is_refused(key, user):
    token = first_round(key, user)
    credential = key.authenticator.get(second_options(key, token))
    Passkey.objects.all().delete()

    assert second_round(key, token, credential).status_code != 302
    assert key.user_id is None


def test_g6_a_key_that_is_removed_in_the_very_moment_is_refused(key, user, meanwhile):
    token = first_round(key, user)
    credential = key.authenticator.get(second_options(key, token))
    meanwhile(PasskeyManager, lambda: Passkey.objects.all().delete())

    assert second_round(key, token, credential).status_code != 302
    assert key.user_id is None


def test_g6_somebody_who_was_deactivated_meanwhile_is_refused(key, user, deactivate):
    token = first_round(key, user)
    credential = key.authenticator.get(second_options(key, token))
    deactivate(user)

    assert second_round(key, token, credential).status_code != 302
    assert key.user_id is None


def test_c3_g6_a_replay_is_refused(key, user):
    token = first_round(key, user)
    credential = key.authenticator.get(second_options(key, token))
    cookies = ceremony_cookies(key.client)
    assert second_round(key, token, credential).status_code == 302
    key.client.post("/accounts/logout/")
    again = first_round(key, user)
    put_cookies(key.client, cookies)

    assert second_round(key, again, credential).status_code != 302
    assert Passkey.objects.get().use_count == 1


@pytest.mark.parametrize(
    "lie",
    [
        {"tamper_signature": True},
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": {"up": False}},
        {"user_handle": b"another"},
        {"client_data": {"type": "webauthn.create"}},
    ],
    ids=str,
)
def test_g6_every_rule_of_a_login_holds_for_a_second_step(key, user, lie, sent):
    assert log_in(key, user, **lie).status_code != 302
    assert key.user_id is None
    (failed,) = sent["passkey_login_failed"]
    assert failed["passkey"] is None or failed["passkey"].user == user
    assert sent["user_login_failed"][-1]["credentials"]["username"] == user.get_username()


def test_g6_a_counter_that_went_back_is_refused(user):
    browser = with_key(user, counter=5)
    assert log_in(browser, user).status_code == 302
    browser.client.logout()

    assert log_in(browser, user, sign_count=3).status_code != 302
    assert browser.user_id is None


# Kinds that are mixed up elsewhere (trap 13 of Hanko's contract)


def test_g7_trap_13_a_key_that_hanko_takes_for_a_passkey_logs_nobody_in(hanko_site, tenant, user):
    """Somebody has sent our challenge for a key to the endpoint for passkeys, which Hanko accepts."""
    browser = with_key(user)
    (copy,) = tenant.users[next(iter(tenant.users))].credentials.values()
    assert copy.is_mfa
    copy.is_mfa = False

    assert refusal(browser.post("finalize-login", alone(browser))) == LOGIN_FAILED
    assert browser.user_id is None
    assert log_in(browser, user).status_code == 302


def test_g7_trap_13_a_passkey_that_hanko_takes_for_a_key_stays_a_passkey(hanko_site, tenant, registered, user):
    (copy,) = tenant.users[next(iter(tenant.users))].credentials.values()
    copy.is_mfa = True

    assert refusal(registered.login()) == LOGIN_FAILED  # by Hanko
    assert Passkey.objects.get().kind == "passkey"
    assert log_in(registered, user).status_code == 302


def test_g7_trap_13_whatever_hanko_says_a_sync_changes_no_kind(hanko_site, tenant, user):
    with_key(user)
    (copy,) = tenant.users[next(iter(tenant.users))].credentials.values()
    for is_mfa in (False, True):
        copy.is_mfa = is_mfa
        call_command("passkeys_sync", adopt=True, verbosity=0)
        assert Passkey.objects.get().kind == KEY["kind"]


def test_g6_the_password_is_needed_first(key, user):
    """Nothing is begun for somebody whose password is wrong."""
    response = key.client.post(LOGIN, {"username": user.get_username(), "password": PASSWORD[:-1]})

    assert b"passkeys-config" in response.content
    assert b"second-step" not in response.content
