"""What a real Hanko has stored and put in its challenges is our canonical text, bit by bit."""

import json
from uuid import uuid4

import pytest

from passkeys_django.exceptions import InvalidStatement
from passkeys_django.models import Passkey
from passkeys_django.protocol.base64url import base64url_decode
from passkeys_django.providers import get_provider
from passkeys_django.providers.transactions import is_challenge_of, new_challenge
from passkeys_django.relying_party import get_relying_party
from passkeys_django.signatures import canonical
from passkeys_django.signatures.statement.canonical import parse_canonical
from tests.signatures.statement.awkward import ACCEPTED
from tests.testing.replay import RECORDINGS


def exchanges(name):
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))["exchanges"]


def begun():
    """(id, data, challenge) of every transaction that a real Hanko has begun."""
    for exchange in exchanges("transactions") + exchanges("transaction_errors"):
        options = exchange["response"]["body"]
        if exchange["request"]["path"].endswith("/transaction/initialize") and "publicKey" in options:
            body = exchange["request"]["body"]
            yield body["transaction_id"], body["transaction_data"], options["publicKey"]["challenge"]


def stored():
    """Texts that a real Hanko has stored, by transaction id."""
    lists = [exchange["response"]["body"] for exchange in exchanges("transactions")]
    rows = [row for body in lists if isinstance(body, list) for row in body if "identifier" in row]
    return {row["identifier"]: row["data"] for row in rows}


WITH_FLOATS = {"order-4711": ["amount"], "order-4712": ["z"]}
BEGUN = {identifier: (data, challenge) for identifier, data, challenge in begun()}
OURS = BEGUN.keys() - WITH_FLOATS.keys()


def test_there_are_recordings_of_every_kind():
    assert len(BEGUN) == 9
    assert stored().keys() == {f"order-{number}" for number in range(4711, 4716)}


@pytest.mark.parametrize("identifier", sorted(OURS))
def test_the_recorded_challenge_holds_the_hash_of_our_text(identifier):
    data, challenge = BEGUN[identifier]
    text = canonical(data)
    assert is_challenge_of(challenge, transaction_id=identifier, text=text)
    assert not is_challenge_of(challenge, transaction_id=identifier, text=text + " ")
    assert not is_challenge_of(challenge, transaction_id=f"{identifier}1", text=text)


@pytest.mark.parametrize("identifier", sorted(OURS & stored().keys()))
def test_the_recorded_text_is_ours(identifier):
    data, _challenge = BEGUN[identifier]
    assert canonical(data) == stored()[identifier]


@pytest.mark.parametrize(("identifier", "path"), WITH_FLOATS.items())
def test_recorded_data_with_floats_cannot_be_signed_here(identifier, path):
    data, challenge = BEGUN[identifier]
    assert is_challenge_of(challenge, transaction_id=identifier, text=stored()[identifier])
    with pytest.raises(InvalidStatement, match="a value of type float") as caught:
        canonical(data)
    assert caught.value.members["path"] == path
    with pytest.raises(InvalidStatement):
        parse_canonical(stored()[identifier])


def test_the_recorded_text_is_ours_once_floats_are_written_as_texts():
    """The names, the order, and the escapes of <, >, & and U+2028 are in the text of order-4712."""
    data = BEGUN["order-4712"][0] | {"z": 1, "small": 0}
    data["a"] |= {"d": 0, "b": 0}
    recorded = stored()["order-4712"].replace("12345678901234567000", "0").replace("1e+21", "0")
    assert canonical(data) == recorded.replace("1e-7", "0")


def test_a_challenge_of_ours_has_the_form_of_the_recorded_ones():
    challenge = new_challenge(transaction_id="order-4713", text="[]")
    recorded = BEGUN["order-4713"][1]
    assert len(base64url_decode(challenge)) == len(base64url_decode(recorded)) == 64
    assert base64url_decode(challenge)[32:] == base64url_decode(recorded)[32:]
    assert base64url_decode(challenge)[:32] != base64url_decode(recorded)[:32]


@pytest.mark.django_db
@pytest.mark.parametrize("case", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_hanko_stores_exactly_our_text_of_every_awkward_statement(hanko_site, tenant, registered, case):
    """Through the provider, over HTTP. Hanko takes no null: a statement is an object anyway."""
    text = case.text if case.value is not None else '{"data":null}'
    passkey, identifier = Passkey.objects.get(), str(uuid4())
    options = get_provider().start_transaction(
        relying_party=get_relying_party(None),
        user_handle=bytes(passkey.user_handle),
        transaction_id=identifier,
        text=text,
        allow=[passkey.descriptor],
    )
    assert tenant.transactions[identifier].data == text
    assert is_challenge_of(options["challenge"], transaction_id=identifier, text=text)
