"""django-simple-history and django-easy-audit: they see what happens to passkeys, and nothing that is secret."""

import json

import pytest
from easyaudit.models import CRUDEvent, LoginEvent, RequestEvent

from passkeys_django.models import Passkey, PasskeyEvent
from tests.conftest import PASSWORD, Browser, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_went_wrong_in_it(caplog):
    """django-easy-audit swallows its exceptions, and logs them."""
    yield
    assert [record for record in caplog.get_records("call") if record.name.startswith("easyaudit")] == []


def history():
    return [row.history_type for row in Passkey.history.order_by("history_id")]


def everything_written():
    """The text of all rows of the two packages."""
    models = [CRUDEvent, LoginEvent, RequestEvent, Passkey.history.model]
    return json.dumps([list(map(str, row.values())) for model in models for row in model.objects.values()])


def secrets_of(*credentials):
    """Whatever somebody could use again: what was signed, and what signed it."""
    return {
        value
        for credential in credentials
        for name, value in credential["response"].items()
        if name in ("signature", "clientDataJSON", "attestationObject")
    }


@pytest.fixture
def passkey(signed_in):
    assert signed_in.register().status_code == 201
    return Passkey.objects.get()


def test_the_history_has_what_people_do_to_a_passkey_and_who(signed_in, passkey, user, settings):
    settings.PASSKEY_CONFIRM_METHOD = "any"  # a confirmation is a use, which the history would have too
    signed_in.client.post(f"/passkeys/{passkey.pk}/rename/", {"name": "Phone"})
    signed_in.client.post(f"/passkeys/{passkey.pk}/remove/", {"sure": "on"})

    assert history() == ["+", "~", "-"]
    assert {row.history_user for row in Passkey.history.all()} == {user}
    assert [row.name for row in Passkey.history.order_by("history_id")][1:] == ["Phone", "Phone"]


def test_a_login_is_no_change_in_the_history(signed_in, passkey):
    """A use is one UPDATE without signals: our own history has it."""
    assert signed_in.login().status_code == 200

    assert history() == ["+"]


def test_logins_are_audited_with_their_user(registered, user):
    LoginEvent.objects.all().delete()

    registered.login()
    registered.client.logout()
    registered.login(tamper_signature=True)

    kinds = [(event.login_type, event.username) for event in LoginEvent.objects.order_by("pk")]
    assert kinds == [
        (kind, user.get_username()) for kind in (LoginEvent.LOGIN, LoginEvent.LOGOUT, LoginEvent.FAILED)
    ]


def test_the_refusal_of_an_unknown_passkey_is_in_our_history_only(registered):
    """It has no name, which the column of django-easy-audit demands."""
    Passkey.objects.all().delete()

    assert refusal(registered.login()) == (403, "unknown_passkey")

    assert not LoginEvent.objects.filter(login_type=LoginEvent.FAILED).exists()
    assert PasskeyEvent.objects.get(kind="refused").code == "unknown_passkey"


def test_no_secret_of_a_ceremony_is_written(user):
    browser = Browser().sign_in(user)
    options = browser.creation_options()
    created = browser.authenticator.create(options)
    assert browser.post("finalize-registration", created).status_code == 201
    request_options = browser.request_options()
    answer = browser.authenticator.get(request_options)
    assert browser.post("finalize-login", answer).status_code == 200
    browser.client.post("/passkeys/confirm/", {"password": PASSWORD})

    written = everything_written()

    secrets = secrets_of(created, answer) | {PASSWORD, browser.client.session.session_key}
    secrets |= {options["publicKey"]["challenge"], request_options["publicKey"]["challenge"]}
    assert Passkey.objects.get().credential_id in written
    assert [secret for secret in secrets if secret in written] == []
