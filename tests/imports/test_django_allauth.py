"""What django-allauth stored becomes passkeys that sign in."""

import uuid
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.db import models

from passkeys_django.imports import NotTaken, Reason, django_allauth
from passkeys_django.imports.foreign import user_key_column
from passkeys_django.models import Passkey
from passkeys_django.testing import cose
from tests.conftest import refusal
from tests.support.tenant import run


def the_one():
    (credential,) = django_allauth.credentials()
    return credential


def test_people_sign_in_with_the_passkey_they_have(at_allauth, user):
    browser, _row = at_allauth(user)
    assert refusal(browser.login()) == (403, "unknown_passkey")

    assert "Imported 1, skipped 0." in run("passkeys_import", "django-allauth", yes=True)

    assert browser.login().status_code == 200
    assert browser.user_id == str(user.pk)


@pytest.mark.parametrize("algorithm", [cose.ES256, cose.EDDSA, cose.RS256])
def test_every_algorithm_that_we_offer(at_allauth, user, algorithm):
    browser, _row = at_allauth(user, authenticator={"algorithm": algorithm})
    run("passkeys_import", "django-allauth", yes=True)

    assert browser.login().status_code == 200


def test_the_row_holds_what_the_package_knew(at_allauth, user):
    used = datetime(2025, 5, 6, tzinfo=UTC)
    browser, _row = at_allauth(
        user,
        last_used_at=used,
        authenticator={"counter": 7, "backup_state": False, "transports": ["usb"], "aaguid": uuid.UUID(int=5)},
    )

    run("passkeys_import", "django-allauth", yes=True)

    passkey = Passkey.objects.get()
    (credential,) = browser.authenticator.credentials.values()
    assert (passkey.user, passkey.provider, passkey.rp_id) == (user, "", "testserver")
    assert bytes(passkey.user_handle) == credential.user_handle
    assert (passkey.credential_id, bytes(passkey.public_key)) == (credential.credential_id, credential.public_key)
    assert (passkey.sign_count, passkey.aaguid, passkey.transports) == (7, uuid.UUID(int=5), ["usb"])
    assert (passkey.backup_eligible, passkey.backup_state, passkey.user_verified) == (True, False, True)
    assert (passkey.name, passkey.last_used_at) == ("Master key", used)
    assert passkey.created_at == datetime(2024, 9, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "key", "handle"),
    [
        (models.AutoField(), 36, b"10"),
        (models.BigAutoField(), 1, b"1"),
        (models.UUIDField(), uuid.UUID(int=255), b"0" * 30 + b"ff"),
        (models.UUIDField(), "as-text", b"as-text"),
        (models.CharField(), "ada", b"ada"),
        (models.OneToOneField("auth.User", models.CASCADE), 36, b"36"),
    ],
)
def test_user_handles_are_made_as_allauth_makes_them(monkeypatch, field, key, handle):
    """Values that `allauth.account.utils.user_pk_to_url_str` gave."""
    monkeypatch.setattr(get_user_model()._meta, "pk", field)

    assert django_allauth.user_handle(key) == handle


@pytest.mark.parametrize(
    ("field", "column"),
    [
        (models.AutoField(), models.BigIntegerField),
        (models.UUIDField(), models.UUIDField),
        (models.CharField(), models.TextField),
    ],
)
def test_columns_that_refer_to_users(monkeypatch, field, column):
    child = type("Child", (), {"is_relation": True, "target_field": field})()
    monkeypatch.setattr(get_user_model()._meta, "pk", child)

    assert type(user_key_column()) is column


def test_its_other_second_factors_are_none_of_our_business(at_allauth, user):
    at_allauth(user, type="totp")
    at_allauth(user, type="recovery_codes")

    assert list(django_allauth.credentials()) == []


def damaged(path, value):
    """A change of the stored JSON at this path."""

    def change(data):
        *parents, last = path.split(".")
        for name in parents:
            data = data[name]
        data[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("credential", None, "credential is not an object"),
        ("credential.rawId", "AAAA", "id and rawId differ"),
        ("credential.response.attestationObject", "_w", "attestationObject is not CBOR"),
    ],
)
def test_what_cannot_be_read_is_reported_with_the_reason(at_allauth, user, path, value, why):
    at_allauth(user, change=damaged(path, value))

    credential = the_one()

    assert isinstance(credential, NotTaken)
    assert (credential.user_key, credential.reason.startswith(f"{Reason.UNREADABLE} ({why}")) == (user.pk, True)


@pytest.mark.parametrize("data", [[], "x", None])
def test_a_row_without_an_object_is_reported(at_allauth, user, data):
    _browser, row = at_allauth(user)
    row.data = data if data is not None else models.Value(None, models.JSONField())
    row.save()

    assert isinstance(the_one(), NotTaken)


@pytest.mark.parametrize(
    ("path", "value", "discoverable"),
    [
        ("credential.clientExtensionResults", {"credProps": {"rk": True}}, True),
        ("credential.clientExtensionResults", {"credProps": {"rk": False}}, False),
        ("credential.clientExtensionResults", {"credProps": {}}, None),
        ("credential.clientExtensionResults", {"credProps": {"rk": "yes"}}, None),
        ("credential.clientExtensionResults", [], None),
    ],
)
def test_browsers_say_whether_it_is_discoverable(at_allauth, user, path, value, discoverable):
    at_allauth(user, change=damaged(path, value))

    assert the_one().discoverable is discoverable


def test_who_was_not_verified_there_must_verify_at_the_first_login_here(at_allauth, user, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    browser, _row = at_allauth(user, overrides={"flags": {"uv": False}})
    run("passkeys_import", "django-allauth", yes=True)

    assert refusal(browser.login(flags={"uv": False})) == (403, "login_failed")
    assert browser.login().status_code == 200


def test_a_row_without_a_name_gets_its_managers(at_allauth, user):
    at_allauth(user, change=damaged("name", None))
    run("passkeys_import", "django-allauth", yes=True)

    assert Passkey.objects.get().name == "Google Password Manager"
