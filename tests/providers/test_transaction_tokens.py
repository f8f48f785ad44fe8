"""The token of a transaction at Hanko, as docs/providers/hanko.md says to ask for one and to verify it."""

import re
from pathlib import Path

import pytest
from django.test import RequestFactory

from passkeys_django.models import Passkey
from passkeys_django.providers import get_provider
from passkeys_django.providers.tokens import InvalidToken
from passkeys_django.relying_party import get_relying_party
from tests.conftest import hanko_settings

pytestmark = pytest.mark.django_db
PAGE = (Path(__file__).parents[2] / "docs" / "providers" / "hanko.md").read_text(encoding="utf-8")


@pytest.fixture
def documented():
    """What the page defines under "Transactions"."""
    names = {}
    exec(re.search(r"## Transactions.+?```python\n(.+?)```", PAGE, re.DOTALL)[1], names)
    return names


@pytest.fixture
def at_hanko(hanko_site, registered):
    return registered


@pytest.fixture
def client():
    return get_provider().client


@pytest.fixture
def token(at_hanko, client, documented):
    """Of the transaction "order-1", confirmed by the passkey that is here."""
    passkey = Passkey.objects.get()
    credential = at_hanko.authenticator.get(documented["start"](passkey, 1))
    return client.finalize_transaction(credential=credential, user_id=bytes(passkey.user_handle).decode())


def verify(token, transaction_id="order-1"):
    return get_provider().verify_transaction_token(
        token, relying_party=get_relying_party(None), transaction_id=transaction_id
    )


def test_what_the_page_says_works(at_hanko, documented):
    passkey = Passkey.objects.get()
    credential = at_hanko.authenticator.get(documented["start"](passkey, 1))

    assert documented["finalize"](passkey, 1, credential)


def test_a_transactions_token_says_who_confirmed_with_which_passkey(token):
    claims, passkey = verify(token), Passkey.objects.get()

    assert claims.user_handle == bytes(passkey.user_handle)
    assert claims.credential_id == passkey.credential_id


@pytest.mark.parametrize("transaction_id", ["order-2", "order-10", "ORDER-1", " order-1"])
def test_a_token_of_another_transaction_is_refused(token, transaction_id):
    with pytest.raises(InvalidToken, match="not the token of this transaction"):
        verify(token, transaction_id)


@pytest.mark.parametrize("transaction_id", ["", None])
def test_a_transaction_without_an_id_is_a_mistake_of_the_caller(token, transaction_id):
    with pytest.raises(ValueError, match="transaction_id"):
        verify(token, transaction_id)


def test_j11_the_token_of_a_login_confirms_no_transaction(at_hanko, client):
    options = client.start_login()
    token = client.finalize_login(credential=at_hanko.authenticator.get(options))

    with pytest.raises(InvalidToken, match="not the token of this transaction"):
        verify(token)


def test_j11_a_transactions_token_is_refused_where_logins_are_verified(token):
    with pytest.raises(InvalidToken, match="transaction"):
        get_provider().verify_token(token, relying_party=get_relying_party(RequestFactory().get("/")))


def test_j4_another_tenant_confirms_no_transaction_of_ours(token, fake_hanko, settings):
    other = fake_hanko.create_tenant(rp_id="testserver", origins=["https://testserver"])
    settings.PASSKEY_PROVIDERS = hanko_settings(other)

    with pytest.raises(InvalidToken, match="unknown kid"):
        verify(token)


def test_j1_a_token_that_was_changed_confirms_nothing(token):
    with pytest.raises(InvalidToken):
        verify(token[:-8] + "AAAAAAAA")
