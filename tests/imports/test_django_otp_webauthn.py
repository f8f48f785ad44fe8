"""What django-otp-webauthn stored becomes passkeys that sign in."""

import hashlib
import uuid
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured

from passkeys_django.imports import ForeignCredential, NotTaken, Reason, django_otp_webauthn
from passkeys_django.imports.foreign import Table
from passkeys_django.models import Passkey
from tests.conftest import Browser, refusal
from tests.imports.tables import CREDENTIALS, HANDLES
from tests.support.tenant import run

BORN = datetime(2024, 3, 1, tzinfo=UTC)
BEFORE = datetime(2024, 6, 1, tzinfo=UTC)
SWITCHED = datetime(2025, 1, 1, tzinfo=UTC)
AFTER = datetime(2025, 6, 1, tzinfo=UTC)
OLD = "0001_initial"
NEW = "0004_webauthnuserhandle"


def old_handle(user):
    """As release 0.4 made it."""
    return hashlib.sha256(bytes(user.pk)).digest()


@pytest.fixture
def numbers_are_keys(user):
    if isinstance(user.pk, uuid.UUID):
        pytest.skip("releases before 0.5 took whole numbers only")


def the_one():
    (credential,) = django_otp_webauthn.credentials()
    return credential


def test_people_sign_in_with_the_passkey_they_have(at_otp_webauthn, user):
    browser, _row = at_otp_webauthn(user)
    assert refusal(browser.login()) == (403, "unknown_passkey")

    assert "Imported 1, skipped 0." in run("passkeys_import", "django-otp-webauthn", yes=True)

    assert browser.login().status_code == 200
    assert browser.user_id == str(user.pk)


def test_the_row_holds_what_the_package_knew(at_otp_webauthn, user):
    _browser, row = at_otp_webauthn(
        user,
        name="Blue key",
        created_at=BEFORE,
        last_used_at=AFTER,
        authenticator={
            "counter": 7,
            "backup_eligible": False,
            "backup_state": False,
            "transports": ["usb", "nfc"],
        },
    )

    run("passkeys_import", "django-otp-webauthn", yes=True)

    passkey = Passkey.objects.get()
    assert (passkey.user, passkey.provider, passkey.rp_id) == (user, "", "testserver")
    assert bytes(passkey.user_handle) == bytes.fromhex(HANDLES.objects.get().handle_hex)
    assert (bytes(passkey.public_key), passkey.sign_count) == (bytes(row.public_key), 7)
    assert (str(passkey.aaguid), passkey.transports) == (row.aaguid, ["usb", "nfc"])
    assert (passkey.backup_eligible, passkey.backup_state, passkey.user_verified) == (False, False, True)
    assert (passkey.name, passkey.created_at, passkey.last_used_at) == ("Blue key", BEFORE, AFTER)
    assert Passkey.objects.find(passkey.credential_id) == passkey


def test_without_a_name_and_dates_it_gets_its_managers_name_and_today(at_otp_webauthn, user):
    at_otp_webauthn(user)

    run("passkeys_import", "django-otp-webauthn", yes=True)

    passkey = Passkey.objects.get()
    assert (passkey.name, passkey.last_used_at) == ("Google Password Manager", None)
    assert passkey.created_at > AFTER


@pytest.mark.parametrize("attestation", ["unreadable", "none", "another authenticator's", "no table"])
def test_whose_verification_nobody_knows_verifies_at_the_first_login(
    at_otp_webauthn, user, settings, monkeypatch, attestation
):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    unverified = {"flags": {"uv": False}} if attestation == "unreadable" else {}
    columns = {"credential_id": b"another"} if attestation == "another authenticator's" else {}
    browser, _row = at_otp_webauthn(user, attestation=attestation != "none", overrides=unverified, **columns)
    if attestation == "no table":
        monkeypatch.setattr(django_otp_webauthn._Attestations, "NAME", "nowhere")
    run("passkeys_import", "django-otp-webauthn", yes=True)

    assert Passkey.objects.get().user_verified is None
    if not columns:
        assert refusal(browser.login(flags={"uv": False})) == (403, "login_failed")
        assert browser.login().status_code == 200


@pytest.mark.usefixtures("numbers_are_keys")
@pytest.mark.parametrize("history", ["never migrated to 0.5", "migrated to 0.5 later"])
def test_a_passkey_of_before_release_0_5_signs_in(at_otp_webauthn, migrated, user, monkeypatch, history):
    browser, _row = at_otp_webauthn(user, handle=old_handle(user), created_at=BEFORE)
    if history == "never migrated to 0.5":
        monkeypatch.setattr(django_otp_webauthn._Handles, "NAME", "nowhere")
    else:
        migrated(**{OLD: BORN, NEW: SWITCHED})

    printed = run("passkeys_import", "django-otp-webauthn", yes=True)

    assert f"  1 {django_otp_webauthn.OLD_HANDLE}: user {user.pk}\n" in printed
    assert browser.login().status_code == 200


@pytest.mark.usefixtures("numbers_are_keys")
def test_who_has_passkeys_of_both_times_signs_in_with_each(at_otp_webauthn, migrated, user):
    migrated(**{OLD: BORN, NEW: SWITCHED})
    old, _row = at_otp_webauthn(user, handle=old_handle(user), created_at=BEFORE)
    new, _row = at_otp_webauthn(user, created_at=AFTER)

    assert "Imported 2, skipped 0." in run("passkeys_import", "django-otp-webauthn", yes=True)

    assert old.login().status_code == new.login().status_code == 200


@pytest.mark.parametrize("created_at", [None, BORN])
def test_of_another_databases_rows_the_stored_handle_counts(at_otp_webauthn, migrated, user, created_at):
    """Moved by dumpdata and loaddata: all migrations are younger than the rows."""
    migrated(**{OLD: SWITCHED, NEW: SWITCHED})
    browser, _row = at_otp_webauthn(user, created_at=created_at)

    run("passkeys_import", "django-otp-webauthn", yes=True)

    assert browser.login().status_code == 200


@pytest.mark.parametrize("key", [uuid.UUID(int=1), "name", -1, 10**8 + 1])
def test_keys_of_which_no_old_release_made_a_handle(key):
    assert django_otp_webauthn._old_handle(key) is None


def test_without_a_table_of_migrations_the_stored_handle_counts(at_otp_webauthn, user, monkeypatch):
    browser, _row = at_otp_webauthn(user, created_at=BEFORE)
    exists = Table.exists
    without = staticmethod(lambda name: name != "django_migrations" and exists(name))
    monkeypatch.setattr(Table, "exists", without)

    run("passkeys_import", "django-otp-webauthn", yes=True)

    assert browser.login().status_code == 200


def test_a_handle_that_is_none_is_reported(at_otp_webauthn, user):
    at_otp_webauthn(user)
    HANDLES.objects.update(handle_hex="xyz")

    assert f"1 {Reason.NO_USER_HANDLE}: user {user.pk}" in run("passkeys_import", "django-otp-webauthn", yes=True)


def test_what_was_switched_off_there_stays_off(at_otp_webauthn, user):
    browser, _row = at_otp_webauthn(user, confirmed=False)

    assert the_one() == NotTaken(user_key=user.pk, reason=Reason.SWITCHED_OFF)
    run("passkeys_import", "django-otp-webauthn", yes=True)

    assert refusal(browser.login()) == (403, "unknown_passkey")


def test_odd_values_do_no_harm(at_otp_webauthn, user):
    at_otp_webauthn(user, aaguid="no uuid", transports=["usb", 7])

    credential = the_one()

    assert isinstance(credential, ForeignCredential)
    assert (credential.aaguid, credential.transports) == (uuid.UUID(int=0), ("usb",))


def test_a_site_with_a_credential_model_of_its_own_names_its_table(at_otp_webauthn, user):
    at_otp_webauthn(user)

    assert len(list(django_otp_webauthn.credentials(table=CREDENTIALS._meta.db_table))) == 1
    with pytest.raises(ImproperlyConfigured, match="no table mysite_credential in"):
        django_otp_webauthn.credentials(table="mysite_credential")


def test_new_passkeys_beside_the_imported_ones(at_otp_webauthn, user):
    browser, _row = at_otp_webauthn(user)
    run("passkeys_import", "django-otp-webauthn", yes=True)
    browser.sign_in(user).confirm()

    assert Browser(browser.client).register().status_code == 201
