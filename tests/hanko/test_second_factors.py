"""/mfa, against recorded data."""

import pytest

from passkeys_django.hanko import (
    HankoInvalidKey,
    HankoNotFound,
    HankoProtocolError,
    HankoRefused,
    HankoUserWithoutCredentials,
)
from tests.hanko.conftest import BASE_URL, TENANT

ROOT = f"{BASE_URL}/{TENANT}/mfa"


def test_start_mfa_registration_returns_the_options_and_sends_the_key(recorded):
    exchange = recorded("mfa", "mfa registration initialize")
    options = exchange.client.start_mfa_registration(user_id="quin-1", username="quin-1@example.com")
    assert options == exchange.response["body"]
    assert exchange.sent() == exchange.request["body"]
    assert exchange.sent_key() == exchange.key


def test_finalize_mfa_registration_returns_the_token_and_sends_the_key(recorded):
    exchange = recorded("mfa", "mfa registration finalize")
    token = exchange.client.finalize_mfa_registration(credential=exchange.request["body"])
    assert token == exchange.response["body"]["token"]
    assert exchange.sent() == exchange.request["body"]
    assert exchange.sent_key() == exchange.key


def test_start_mfa_login_names_passkeys_and_second_factors(recorded):
    exchange = recorded("mfa", "mfa login initialize: all credentials are allowed")
    options = exchange.client.start_mfa_login(user_id="quin-1")
    assert options == exchange.response["body"]
    assert len(options["publicKey"]["allowCredentials"]) == 2
    assert exchange.sent() == exchange.request["body"]
    assert exchange.sent_key() == exchange.key


def test_finalize_mfa_login_returns_the_token_and_sends_the_key(recorded):
    exchange = recorded("mfa", "mfa login finalize")
    token = exchange.client.finalize_mfa_login(credential=exchange.request["body"])
    assert token == exchange.response["body"]["token"]
    assert exchange.sent() == exchange.request["body"]
    assert exchange.sent_key() == exchange.key


@pytest.mark.parametrize(
    "step", ["bad signature", "another user's credential", "unknown challenge", "discoverable challenge"]
)
def test_refused_second_factors(recorded, step):
    exchange = recorded("mfa_errors", step)
    with pytest.raises(HankoRefused) as raised:
        exchange.client.finalize_mfa_login(credential=exchange.request["body"])
    assert raised.value.title == exchange.response["body"]["title"]


def test_a_wrong_key_is_no_refused_second_factor(recorded):
    exchange = recorded("mfa_errors", "login finalize without API key")
    credential = {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}
    with pytest.raises(HankoInvalidKey):
        exchange.client.finalize_mfa_login(credential=credential)


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("login initialize, unknown user", HankoNotFound),
        ("login initialize, user without credentials", HankoUserWithoutCredentials),
    ],
)
def test_users_without_second_factors(recorded, step, kind):
    exchange = recorded("mfa_errors", step)
    with pytest.raises(kind):
        exchange.client.start_mfa_login(user_id=exchange.request["body"]["user_id"])


def test_a_user_id_is_needed_and_fit(client):
    for user_id in ("", "sixteen-bytes-ab"):
        with pytest.raises(ValueError, match="user_id must"):
            client.start_mfa_login(user_id=user_id)
        with pytest.raises(ValueError, match="user_id must"):
            client.start_mfa_registration(user_id=user_id, username="quin")


def test_options_that_name_no_credentials_are_refused(mocked, client):
    mocked.post(f"{ROOT}/login/initialize", json={"publicKey": {"challenge": "abc"}})
    with pytest.raises(HankoProtocolError, match="allowCredentials"):
        client.start_mfa_login(user_id="quin-1")
