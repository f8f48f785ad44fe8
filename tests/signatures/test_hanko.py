"""Signatures with Hanko: when Hanko runs the transaction, and what happens if it cannot or refuses."""

from dataclasses import replace

import jwt
import pytest

from passkeys_django.models import Passkey, PasskeySignature, UserHandle
from passkeys_django.protocol.base64url import base64url_encode
from passkeys_django.providers import get_provider
from passkeys_django.signatures import read_statement, verify_signature
from passkeys_django.testing import cose
from tests.conftest import make_passkey, refusal
from tests.signatures.conftest import DATA, signer_of
from tests.signatures.site import transfers

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_hanko(hanko_site, site, user):
    """Somebody whose passkey was made at the fake Hanko; the requests so far are forgotten."""
    signer = signer_of(user)
    hanko_site.requests.clear()
    return signer


def paths(fake):
    return [path.split("/", 2)[2] for _method, path in fake.requests if "jwks" not in path]


def by(signature):
    return read_statement(signature.text).by


def test_hanko_runs_the_transaction_of_people_whose_passkeys_it_holds(at_hanko, hanko_site, user):
    signature = at_hanko.signed()

    assert paths(hanko_site) == ["transaction/initialize", "transaction/finalize"]
    assert jwt.decode(signature.token, options={"verify_signature": False})["trans"] == str(signature.pk)
    assert (signature.provider, signature.fallback) == (get_provider().identity, False)
    assert by(signature) == bytes(Passkey.objects.get().user_handle).decode()
    assert verify_signature(signature).problems == ()
    assert transfers() == ["12.50 to Grace"]


def test_hanko_stores_the_text_that_is_signed(at_hanko, tenant):
    text = at_hanko.start({**DATA, "purpose": "<b> & 5 > 3\r\nÄ 𝄞 \u2028"}).json()["statement"]

    [transaction] = tenant.transactions.values()
    assert transaction.data == text


def assert_this_site_runs_it(signer, fake, user):
    signature = signer.signed()
    assert not [path for path in paths(fake) if path.startswith("transaction")]
    assert (signature.provider, signature.token, signature.jwk) == ("", "", None)
    assert by(signature) == UserHandle.objects.get(user=user).handle
    assert verify_signature(signature).problems == ()


def test_this_site_runs_it_for_people_with_two_handles_at_hanko(at_hanko, hanko_site, user):
    make_passkey(user, provider=get_provider().identity, user_handle=b"adopted-1", user_verified=True)

    assert_this_site_runs_it(at_hanko, hanko_site, user)


def test_this_site_runs_it_for_people_with_a_passkey_that_hanko_does_not_hold(at_hanko, hanko_site, user):
    make_passkey(user, user_handle=bytes(Passkey.objects.get().user_handle), user_verified=True)

    assert_this_site_runs_it(at_hanko, hanko_site, user)


@pytest.mark.parametrize("handle", [b"sixteen-bytes-id", bytes(range(240, 256))], ids=["text", "raw UUID"])
def test_this_site_runs_it_for_handles_of_16_bytes(at_hanko, hanko_site, user, handle):
    """Hanko reads them as UUIDs, and fails at the end (contract, trap of user ids)."""
    Passkey.objects.update(user_handle=handle)
    for credential in list(at_hanko.authenticator.credentials.values()):
        moved = replace(credential, user_handle=handle)
        at_hanko.authenticator.credentials[credential.credential_id] = moved

    assert_this_site_runs_it(at_hanko, hanko_site, user)


def test_a_security_key_at_hanko_changes_nothing(at_hanko, hanko_site, user):
    make_passkey(user, kind="security-key", user_handle=b"another", user_verified=True)

    assert at_hanko.signed().provider == get_provider().identity


def test_while_hanko_is_down_this_site_makes_a_challenge_of_the_same_form_and_marks_it(
    at_hanko, hanko_site, settings, user
):
    settings.PASSKEY_LOCAL_FALLBACK = True
    hanko_site.faults.drop = True

    signature = at_hanko.signed()

    assert (signature.provider, signature.fallback, signature.token) == ("", True, "")
    assert by(signature) == UserHandle.objects.get(user=user).handle
    assert verify_signature(signature).problems == ()


def test_a_signature_goes_on_if_hanko_dies_between_start_and_end(at_hanko, hanko_site, settings):
    settings.PASSKEY_LOCAL_FALLBACK = True
    answer = at_hanko.answer(at_hanko.start().json())
    hanko_site.faults.drop = True

    assert at_hanko.finish(answer).status_code == 201

    signature = PasskeySignature.objects.get()
    assert (signature.provider, signature.fallback, signature.token) == (get_provider().identity, True, "")
    assert verify_signature(signature).problems == ()


def test_without_the_fallback_nobody_signs_while_hanko_is_down(at_hanko, hanko_site):
    answer = at_hanko.answer(at_hanko.start().json())
    hanko_site.faults.drop = True

    assert refusal(at_hanko.finish(answer)) == (503, "provider_unavailable")
    assert refusal(at_hanko.start()) == (503, "provider_unavailable")
    assert transfers() == []


def test_a_page_says_that_hanko_is_down_and_keeps_what_was_entered(at_hanko, hanko_site):
    hanko_site.faults.drop = True

    page = at_hanko.client.post("/transfer/", DATA, secure=True)

    assert page.status_code == 200
    assert 'value="Grace"' in page.content.decode()
    assert "not available at the moment" in page.content.decode()


def test_a_passkey_that_was_removed_at_hanko_signs_nothing(at_hanko):
    answer = at_hanko.answer(at_hanko.start().json())
    get_provider().delete_credential(Passkey.objects.get().credential_id)

    assert refusal(at_hanko.finish(answer)) == (403, "signature_failed")
    assert transfers() == []


def test_a_key_that_was_replaced_at_hanko_signs_nothing(at_hanko, tenant):
    (credential,) = at_hanko.authenticator.credentials.values()
    stolen = replace(credential, key=cose.generate(cose.ES256))
    at_hanko.authenticator.credentials[credential.credential_id] = stolen
    [copy] = [copy for user in tenant.users.values() for copy in user.credentials.values()]
    copy.public_key = base64url_encode(stolen.public_key)

    assert refusal(at_hanko.sign()) == (403, "signature_failed")
    assert transfers() == []


def test_a_challenge_that_hides_another_text_is_refused(at_hanko, monkeypatch):
    """A service that was taken over could have people sign something else than they see."""
    client = get_provider()._client
    honest = client.start_transaction

    def lying(*, transaction_data, **rest):
        transaction_data["data"]["amount"] = "9999.00"
        return honest(transaction_data=transaction_data, **rest)

    monkeypatch.setattr(client, "start_transaction", lying)

    assert refusal(at_hanko.start()) == (502, "provider_error")


def test_a_token_of_another_transaction_is_refused(at_hanko, monkeypatch):
    first = at_hanko.signed()
    answer = at_hanko.answer(at_hanko.start().json())
    client = get_provider()._client
    monkeypatch.setattr(client, "finalize_transaction", lambda **_kwargs: first.token)

    assert refusal(at_hanko.finish(answer)) == (502, "provider_error")
    assert transfers() == ["12.50 to Grace"]


def test_a_site_that_has_left_hanko_meanwhile_verifies_itself(at_hanko, settings):
    answer = at_hanko.answer(at_hanko.start().json())
    del settings.PASSKEY_PROVIDERS

    assert at_hanko.finish(answer).status_code == 201
    assert PasskeySignature.objects.get().fallback


def test_after_a_failure_of_the_site_the_person_signs_a_new_transaction(at_hanko, hanko_site, monkeypatch):
    """Hanko takes no id twice."""
    monkeypatch.setattr("tests.signatures.site.TransferView.form_signed", _fails)
    at_hanko.client.raise_request_exception = False
    assert refusal(at_hanko.sign()) == (500, "signing_failed")
    assert not PasskeySignature.objects.exists()
    monkeypatch.undo()

    assert at_hanko.sign().status_code == 201
    assert paths(hanko_site).count("transaction/initialize") == 2


def _fails(*_args):
    raise RuntimeError("the bank is closed")
