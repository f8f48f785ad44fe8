"""What django-mfa stored becomes passkeys, or security keys where the browser said that no login finds them."""

import uuid
from datetime import UTC, datetime

import pytest

from passkeys_django.imports import NotTaken, Reason, django_mfa
from passkeys_django.maintenance.importing import AS_SECURITY_KEY, UNSURE
from passkeys_django.models import Passkey
from tests.conftest import refusal
from tests.imports.conftest import MOMENT
from tests.imports.tables import MFA_AUTHENTICATORS, MFA_HANDLES
from tests.support.tenant import run
from tests.support.two_steps import log_in, use_site

USED = datetime(2025, 5, 6, tzinfo=UTC)


def the_one():
    (credential,) = django_mfa.credentials()
    return credential


def moved_in():
    return run("passkeys_import", "django-mfa", yes=True)


def changed(**members):
    return lambda data: data.update(members)


def test_people_sign_in_with_the_passkey_they_have(at_mfa, user):
    browser, _row = at_mfa(user)
    assert refusal(browser.login()) == (403, "unknown_passkey")

    assert moved_in() == "Imported 1, skipped 0.\n"

    assert browser.login().status_code == 200
    assert browser.user_id == str(user.pk)


def test_what_the_browser_called_not_discoverable_is_good_after_the_password(at_mfa, user, settings):
    use_site(settings)
    browser, _row = at_mfa(user, change=changed(resident=False))

    assert f"  1 {AS_SECURITY_KEY}: user {user.pk}" in moved_in()

    assert log_in(browser, user, flags={"uv": False}).status_code == 302


@pytest.mark.parametrize(
    ("resident", "option", "discoverable"),
    [
        (True, "discouraged", True),
        (False, "required", False),
        (None, "discouraged", False),
        (None, "preferred", None),
        (None, "required", None),
        ("yes", "preferred", None),
    ],
)
def test_the_option_decides_only_where_the_browser_said_nothing(
    at_mfa, user, settings, resident, option, discoverable
):
    settings.MFA_FIDO2_RESIDENT_KEY = option
    at_mfa(user, change=changed(resident=resident))

    assert the_one().discoverable is discoverable


def test_without_the_setting_the_package_prefers_discoverable_credentials(at_mfa, user):
    browser, _row = at_mfa(user, change=changed(resident=None))

    assert f"  1 {UNSURE}: user {user.pk}" in moved_in() or Passkey.objects.get().backup_eligible
    assert browser.login().status_code == 200


def test_the_row_holds_what_the_package_knew(at_mfa, user):
    device = {"aaguid": uuid.UUID(int=5), "counter": 7, "transports": ["usb", "nfc"]}
    browser, _row = at_mfa(user, last_used_at=USED, authenticator=device)

    moved_in()

    passkey = Passkey.objects.get()
    (credential,) = browser.authenticator.credentials.values()
    assert (passkey.user, passkey.kind, passkey.provider, passkey.rp_id) == (user, "passkey", "", "testserver")
    assert (passkey.credential_id, bytes(passkey.public_key)) == (credential.credential_id, credential.public_key)
    assert bytes(passkey.user_handle) == str(MFA_HANDLES.objects.get().handle).encode()
    assert (passkey.sign_count, passkey.aaguid, passkey.name) == (7, uuid.UUID(int=5), "Blue key")
    assert (passkey.transports, passkey.user_verified) == (["usb", "nfc"], None)
    assert (passkey.created_at, passkey.last_used_at) == (MOMENT, USED)


def test_its_other_second_factors_are_none_of_our_business(at_mfa, user):
    for kind in ("totp", "recovery_codes", "email"):
        at_mfa(user, type=kind)

    assert list(django_mfa.credentials()) == []


def test_without_a_user_handle_nobody_could_sign_in(at_mfa, user):
    at_mfa(user)
    MFA_HANDLES.objects.all().delete()

    assert f"  1 {Reason.NO_USER_HANDLE}: user {user.pk}" in moved_in()


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"credential_data": None}, "no attested credential data"),
        ({"credential_data": 7}, "no attested credential data"),
        ({"credential_data": "zz"}, "attested credential data that cannot be decoded"),
        ({"credential_data": "00"}, "attested credential data of only 1 bytes"),
    ],
    ids=str,
)
def test_a_damaged_row_is_reported_with_the_reason(at_mfa, user, members, why):
    at_mfa(user)
    at_mfa(user, change=changed(**members))

    whole, broken = django_mfa.credentials()

    assert not isinstance(whole, NotTaken)
    assert (broken.user_key, broken.reason.startswith(f"{Reason.UNREADABLE} ({why}")) == (user.pk, True)
    assert "Imported 1, skipped 1." in moved_in()


@pytest.mark.parametrize("data", [[], "x", 7])
def test_a_row_without_an_object_is_reported(at_mfa, user, data):
    _browser, row = at_mfa(user)
    MFA_AUTHENTICATORS.objects.filter(pk=row.pk).update(data=data)

    assert isinstance(the_one(), NotTaken)


@pytest.mark.parametrize("sign_count", [-1, 2**32, "7", None, 7.5])
@pytest.mark.parametrize("transports", [None, "usb", 7, {}, [7, "usb", "\x01", "usb"]], ids=str)
def test_odd_values_do_no_harm(at_mfa, user, sign_count, transports):
    browser, _row = at_mfa(user, change=changed(sign_count=sign_count, transports=transports))
    moved_in()

    passkey = Passkey.objects.get()
    assert (passkey.sign_count, set(passkey.transports) <= {"usb"}) == (0, True)
    assert browser.login().status_code == 200
