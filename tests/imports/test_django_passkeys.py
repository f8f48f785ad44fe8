"""What django-passkeys stored becomes passkeys that sign in."""

import base64
import uuid
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured

from passkeys_django.imports import NotTaken, Reason, django_passkeys
from passkeys_django.maintenance.importing import UNSURE
from passkeys_django.models import Passkey
from passkeys_django.testing import cose
from tests.conftest import refusal
from tests.imports.conftest import MOMENT
from tests.imports.tables import PASSKEYS
from tests.support.tenant import run

USED = datetime(2025, 5, 6, tzinfo=UTC)


def the_one():
    (credential,) = django_passkeys.credentials()
    return credential


def moved_in():
    return run("passkeys_import", "django-passkeys", yes=True)


def test_people_sign_in_with_the_passkey_they_have(at_passkeys, user):
    browser, _row = at_passkeys(user)
    assert refusal(browser.login()) == (403, "unknown_passkey")

    assert f"Imported 1, skipped 0.\n  1 {UNSURE}: user {user.pk}" in moved_in()

    assert browser.login().status_code == 200
    assert browser.user_id == str(user.pk)


def test_with_the_handle_of_release_2_too(at_passkeys, user):
    browser, _row = at_passkeys(user)
    moved_in()

    assert browser.login(user_handle=base64.urlsafe_b64encode(user.get_username().encode())).status_code == 200


@pytest.mark.parametrize("algorithm", [cose.ES256, cose.EDDSA])
def test_the_row_holds_what_the_package_knew(at_passkeys, user, algorithm):
    aaguid = uuid.UUID(int=5)
    browser, _row = at_passkeys(
        user,
        name="Blue key",
        last_used=USED,
        authenticator={"algorithm": algorithm, "aaguid": aaguid, "counter": 7},
    )

    moved_in()

    passkey = Passkey.objects.get()
    (credential,) = browser.authenticator.credentials.values()
    assert (passkey.user, passkey.kind, passkey.provider, passkey.rp_id) == (user, "passkey", "", "testserver")
    assert (passkey.credential_id, bytes(passkey.public_key)) == (credential.credential_id, credential.public_key)
    assert (passkey.sign_count, passkey.aaguid, passkey.name) == (0, aaguid, "Blue key")
    assert (passkey.user_verified, passkey.backup_eligible, passkey.discoverable) == (None, None, None)
    assert (passkey.created_at, passkey.last_used_at) == (MOMENT, USED)


def test_nobody_knows_who_was_verified_there_so_the_first_login_must_verify(at_passkeys, user, settings):
    settings.PASSKEY_USER_VERIFICATION = "preferred"
    browser, _row = at_passkeys(user)
    moved_in()

    assert refusal(browser.login(flags={"uv": False})) == (403, "login_failed")
    assert browser.login().status_code == 200


def test_what_was_switched_off_there_stays(at_passkeys, user):
    at_passkeys(user, enabled=False)

    assert the_one() == NotTaken(user_key=user.pk, reason=Reason.SWITCHED_OFF)


def test_a_user_who_is_gone(at_passkeys, user):
    at_passkeys(user)
    gone = uuid.UUID(int=1) if isinstance(user.pk, uuid.UUID) else 10**6
    PASSKEYS.objects.update(user_id=gone)

    assert the_one() == NotTaken(user_key=gone, reason=Reason.NO_USER)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda token: "", "attested credential data of only 0 bytes"),
        (lambda token: "AAAA", "attested credential data of only 3 bytes"),
        (lambda token: token[:100], "the public key is not CBOR"),
        (lambda token: token[:23], "attested credential data of only 17 bytes"),
        (lambda token: token + "AAAA", "bytes follow the attested credential data"),
        (lambda token: token + "=", "attested credential data that cannot be decoded"),
        (lambda token: "gASVBQAAAAAAAACMAWGULg" + token, "the public key is not CBOR"),
    ],
)
def test_a_damaged_row_is_reported_with_the_reason(at_passkeys, user, damage, why):
    """A column of 255 characters, for example, cuts off long keys in some databases."""
    at_passkeys(user)
    _browser, row = at_passkeys(user)
    row.token = damage(row.token)
    row.save()

    whole, broken = django_passkeys.credentials()

    assert not isinstance(whole, NotTaken)
    assert (broken.user_key, broken.reason.startswith(f"{Reason.UNREADABLE} ({why}")) == (user.pk, True)
    assert "Imported 1, skipped 1." in moved_in()


def test_a_key_that_no_login_could_use_is_reported(at_passkeys, user):
    at_passkeys(user, overrides={"public_key": cose.generate(-36).public_key})

    assert "  1 unusable public key of algorithm '-36'" in moved_in()


def test_without_the_table_nothing_begins(db):
    with pytest.raises(ImproperlyConfigured, match="no table elsewhere in"):
        django_passkeys.credentials(table="elsewhere")
