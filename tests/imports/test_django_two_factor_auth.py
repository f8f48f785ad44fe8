"""What the WebAuthn plugin of django-two-factor-auth stored becomes security keys."""

import uuid
from datetime import UTC, datetime

import pytest

from passkeys_django.imports import NotTaken, Reason, django_two_factor_auth
from passkeys_django.maintenance.importing import AS_SECURITY_KEY
from passkeys_django.models import Passkey
from passkeys_django.testing import cose
from tests.conftest import refusal
from tests.imports.conftest import MOMENT
from tests.support.tenant import run
from tests.support.two_steps import log_in, use_site

USED = datetime(2025, 5, 6, tzinfo=UTC)


def the_one():
    (credential,) = django_two_factor_auth.credentials()
    return credential


def moved_in():
    return run("passkeys_import", "django-two-factor-auth", yes=True)


@pytest.mark.parametrize("algorithm", [cose.ES256, cose.EDDSA, cose.RS256])
def test_a_key_is_good_after_the_password_and_never_alone(at_two_factor, user, settings, algorithm):
    """With no PIN: the package asks for none."""
    use_site(settings)
    browser, _row = at_two_factor(user, authenticator={"algorithm": algorithm})

    assert f"Imported 1, skipped 0.\n  1 {AS_SECURITY_KEY}: user {user.pk}" in moved_in()

    assert refusal(browser.login()) == (403, "login_failed")
    assert log_in(browser, user, flags={"uv": False}).status_code == 302
    assert browser.user_id == str(user.pk)


def test_the_row_holds_what_the_package_knew(at_two_factor, user):
    browser, _row = at_two_factor(user, last_used_at=USED, authenticator={"counter": 7})

    moved_in()

    key = Passkey.objects.get()
    (credential,) = browser.authenticator.credentials.values()
    assert (key.user, key.kind, key.provider, key.rp_id) == (user, "security-key", "", "testserver")
    assert (key.credential_id, bytes(key.public_key)) == (credential.credential_id, credential.public_key)
    assert bytes(key.user_handle) == credential.user_handle
    assert (key.sign_count, key.aaguid, key.transports) == (7, uuid.UUID(int=0), [])
    assert (key.user_verified, key.backup_eligible, key.name) == (None, None, "Security key")
    assert (key.created_at, key.last_used_at) == (MOMENT, USED)


@pytest.mark.parametrize(
    ("key", "handle"),
    [
        (1, b"356a192b7913b04c54574d18c28d46e6395428ab"),
        (uuid.UUID(int=255), b"e68d32ad6020f84dcde02d36067eb26ef1ca159e"),
    ],
)
def test_user_handles_are_made_as_the_package_makes_them(key, handle):
    assert django_two_factor_auth.user_handle(key) == handle


def test_a_name_that_staff_gave_stays(at_two_factor, user):
    at_two_factor(user, name="Blue key")

    assert the_one().name == "Blue key"


def test_a_counter_that_goes_back_is_refused_after_the_import(at_two_factor, user, settings):
    use_site(settings)
    device = {"counter": 7, "backup_eligible": False, "backup_state": False}
    browser, _row = at_two_factor(user, authenticator=device)
    moved_in()

    assert log_in(browser, user, sign_count=6).status_code == 403
    assert browser.user_id is None
    assert log_in(browser, user, sign_count=9).status_code == 302


def test_what_was_not_confirmed_there_stays(at_two_factor, user):
    at_two_factor(user, confirmed=False)

    assert the_one() == NotTaken(user_key=user.pk, reason=Reason.SWITCHED_OFF)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"key_handle": "ü"}, f"{Reason.UNREADABLE} (not base64url without padding)"),
        ({"public_key": "A"}, f"{Reason.UNREADABLE} (not base64url without padding)"),
        ({"public_key": "AAA="}, f"{Reason.UNREADABLE} (not base64url without padding)"),
        ({"public_key": ""}, "unreadable public key"),
        ({"key_handle": ""}, Reason.BAD_ID),
        ({"key_handle": "A" * 1366}, Reason.BAD_ID),
    ],
    ids=str,
)
def test_a_damaged_row_is_reported_with_the_reason(at_two_factor, user, columns, why):
    at_two_factor(user)
    at_two_factor(user, **columns)

    assert (
        f"Imported 1, skipped 1.\n  1 {AS_SECURITY_KEY}: user {user.pk}\n  1 {why}: user {user.pk}\n" in moved_in()
    )


@pytest.mark.parametrize("sign_count", [-1, 2**31 - 1])
def test_odd_counters_do_no_harm(at_two_factor, user, sign_count):
    at_two_factor(user, sign_count=sign_count)
    moved_in()

    assert Passkey.objects.get().sign_count == max(sign_count, 0)
