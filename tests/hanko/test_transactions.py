"""/transaction, against recorded data."""

import base64
import hashlib
import math
from datetime import UTC, datetime
from uuid import UUID

import pytest

from passkeys_django.hanko import (
    HankoConflict,
    HankoInvalidKey,
    HankoInvalidRequest,
    HankoNotFound,
    HankoProtocolError,
    HankoRefused,
    HankoUserWithoutCredentials,
    Transaction,
)
from tests.hanko.conftest import BASE_URL, TENANT

ROOT = f"{BASE_URL}/{TENANT}/transaction"
OLGA = UUID("fb552505-9146-4620-90d6-aa7d7fd37ccd")


def begin(client, **changes):
    arguments = {"user_id": "olga-1", "transaction_id": "order-1", "transaction_data": {"amount": 1}, **changes}
    return client.start_transaction(**arguments)


def assertion(**response):
    values = {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", **response}
    return {"id": "AA", "rawId": "AA", "type": "public-key", "response": values}


def test_start_transaction_returns_the_options_and_sends_the_key(recorded):
    exchange = recorded("transactions", "initialize")
    body = exchange.request["body"]
    assert exchange.client.start_transaction(**body) == exchange.response["body"]
    assert exchange.sent() == body
    assert exchange.sent_key() == exchange.key


@pytest.mark.parametrize("step", ["data may be a list", "or an empty object", "or a string"])
def test_transaction_data_may_be_any_json(recorded, step):
    exchange = recorded("transactions", step)
    exchange.client.start_transaction(**exchange.request["body"])
    assert exchange.sent() == exchange.request["body"]


def test_the_rest_of_json_is_sent_as_it_is(mocked, client):
    mocked.post(f"{ROOT}/initialize", json={"publicKey": {"challenge": "abc", "allowCredentials": [{"id": "AA"}]}})
    begin(client, transaction_data={"a": (1, 2.5, None, True), "b": {"é": 2**53}})
    assert mocked.calls[0].request.body.endswith(
        b'"transaction_data": {"a": [1, 2.5, null, true], "b": {"\\u00e9": 9007199254740992}}}'
    )


def test_finalize_transaction_returns_the_token_and_sends_the_key(recorded):
    exchange = recorded("transactions", "finalize")
    token = exchange.client.finalize_transaction(credential=exchange.request["body"], user_id="olga-1")
    assert token == exchange.response["body"]["token"]
    assert exchange.sent() == exchange.request["body"]
    assert exchange.sent_key() == exchange.key


@pytest.mark.parametrize("member", [{}, {"userHandle": None}, {"userHandle": ""}])
def test_the_handle_that_authenticators_may_omit_is_filled_in(recorded, member):
    exchange = recorded("transactions", "finalize")
    credential = exchange.request["body"]
    response = {name: value for name, value in credential["response"].items() if name != "userHandle"} | member
    exchange.client.finalize_transaction(credential={**credential, "response": response}, user_id="olga-1")
    assert exchange.sent() == credential


def test_a_handle_that_is_there_is_sent_for_hanko_to_compare(recorded):
    exchange = recorded("transaction_errors", "another user's handle")
    credential = exchange.request["body"]
    with pytest.raises(HankoRefused):
        exchange.client.finalize_transaction(credential=credential, user_id="pia-1")
    assert exchange.sent() == credential


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("no API key", HankoInvalidKey),
        ("data null", HankoInvalidRequest),
        ("unknown user", HankoNotFound),
        ("user without passkeys", HankoInvalidRequest),
        ("user with only a second factor", HankoUserWithoutCredentials),
    ],
)
def test_starts_that_fail(recorded, step, kind):
    exchange = recorded("transaction_errors", step)
    with pytest.raises(kind) as raised:
        exchange.client.start_transaction(**exchange.request["body"])
    assert type(raised.value) is kind


@pytest.mark.parametrize("step", ["the same id again", "the same id for another user"])
def test_trap_17_a_transaction_id_burns_at_its_start(recorded, step):
    exchange = recorded("transaction_errors", step)
    with pytest.raises(HankoConflict):
        exchange.client.start_transaction(**exchange.request["body"])


@pytest.mark.parametrize(
    "step", ["unknown challenge", "challenge of a login", "bad signature", "wrong origin", "a second time"]
)
def test_refused_transactions(recorded, step):
    exchange = recorded("transaction_errors", step)
    with pytest.raises(HankoRefused) as raised:
        exchange.client.finalize_transaction(credential=exchange.request["body"], user_id="pia-1")
    assert raised.value.details == exchange.response["body"]["details"]


def test_options_that_name_no_credentials_are_refused(mocked, client):
    mocked.post(f"{ROOT}/initialize", json={"publicKey": {"challenge": "abc", "allowCredentials": []}})
    with pytest.raises(HankoProtocolError, match="allowCredentials"):
        begin(client)


def test_list_transactions_gives_typed_values(recorded):
    exchange = recorded("transactions", "list wants the internal id of the user")
    first, *others = exchange.client.list_transactions(internal_user_id=OLGA)
    assert first == Transaction(
        id=UUID("c9d261bf-b4dd-48da-9a9c-cfc528876f8f"),
        identifier="order-4711",
        data='{"amount":123.45,"usedFor":"Ticket"}',
        created_at=datetime(2026, 11, 21, 6, 7, 25, 412275, tzinfo=UTC),
        updated_at=datetime(2026, 11, 21, 6, 7, 25, 412933, tzinfo=UTC),
    )
    assert len(others) == 4
    assert exchange.sent_key() == exchange.key


def test_the_listed_data_is_what_the_challenge_holds(recorded):
    started = recorded("transactions", "initialize")
    challenge = started.client.start_transaction(**started.request["body"])["publicKey"]["challenge"]
    listed = recorded("transactions", "list wants the internal id of the user")
    first = listed.client.list_transactions(internal_user_id=OLGA)[0]
    digest = hashlib.sha256((first.identifier + first.data).encode()).digest()
    assert base64.urlsafe_b64decode(f"{challenge}==")[32:] == digest


def test_an_unknown_user_has_no_transactions(recorded):
    exchange = recorded("transactions", "unknown user")
    assert exchange.client.list_transactions(internal_user_id=UUID("00000000-0000-4000-8000-000000000000")) == []


def test_the_sites_own_user_id_is_refused(client):
    with pytest.raises(ValueError, match="internal_user_id must be a UUID"):
        client.list_transactions(internal_user_id="olga-1")


@pytest.mark.parametrize("answer", [{}, [7], [{"id": "x"}], [{"id": str(OLGA), "identifier": "a"}]])
def test_transactions_of_the_wrong_shape_are_refused(mocked, client, answer):
    mocked.get(f"{ROOT}/{OLGA}", json=answer)
    with pytest.raises(HankoProtocolError):
        client.list_transactions(internal_user_id=OLGA)


@pytest.mark.parametrize("bad", ["", " ", "a\x00", "a" * 129])
def test_trap_18_transaction_ids_that_break_the_server_are_refused(client, bad):
    with pytest.raises(ValueError, match="transaction_id must"):
        begin(client, transaction_id=bad)


@pytest.mark.parametrize(
    "bad", [2**53 + 1, {"amount": -(2**53) - 1}, [1, [2**64]], math.nan, {"a": math.inf}, "\ud800", {"\udfff": 1}]
)
def test_data_that_the_user_would_not_see_as_it_was_meant_is_refused(client, bad):
    with pytest.raises(ValueError, match="transaction_data must not contain"):
        begin(client, transaction_data=bad)


def test_trap_1_user_ids_of_16_bytes_are_refused(client):
    with pytest.raises(ValueError, match="user_id must"):
        begin(client, user_id="sixteen-bytes-ab")
    with pytest.raises(ValueError, match="user_id must"):
        client.finalize_transaction(credential=assertion(), user_id="sixteen-bytes-ab")
