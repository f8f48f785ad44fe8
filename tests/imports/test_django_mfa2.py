"""What django-mfa2 stored becomes security keys, or passkeys where the site asked for them."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from passkeys_django.imports import NotTaken, Reason, django_mfa2
from passkeys_django.maintenance.importing import AS_SECURITY_KEY, UNSURE
from passkeys_django.models import Passkey
from tests.conftest import make_user, refusal
from tests.imports.tables import USER_KEYS
from tests.support.tenant import run
from tests.support.two_steps import log_in, use_site

USED = datetime(2025, 5, 6, tzinfo=UTC)


def the_one():
    (credential,) = django_mfa2.credentials()
    return credential


def moved_in():
    return run("passkeys_import", "django-mfa2", yes=True)


def test_a_key_is_good_after_the_password_and_never_alone(at_mfa2, user, settings):
    """With no PIN: the package asks for none."""
    use_site(settings)
    browser, _row = at_mfa2(user)

    assert f"Imported 1, skipped 0.\n  1 {AS_SECURITY_KEY}: user {user.pk}" in moved_in()

    assert refusal(browser.login()) == (403, "login_failed")
    assert log_in(browser, user, flags={"uv": False}).status_code == 302
    assert browser.user_id == str(user.pk)


@pytest.mark.parametrize("option", ["preferred", "required"])
def test_where_the_site_asks_for_discoverable_credentials_they_are_passkeys(at_mfa2, user, settings, option):
    settings.MFA_FIDO2_RESIDENT_KEY = option
    browser, _row = at_mfa2(user)

    assert f"  1 {UNSURE}: user {user.pk}" in moved_in()

    assert browser.login().status_code == 200


@pytest.mark.parametrize("option", ["discouraged", None, "whatever"])
def test_every_other_option_means_security_keys(at_mfa2, user, settings, option):
    settings.MFA_FIDO2_RESIDENT_KEY = option
    at_mfa2(user)

    assert the_one().discoverable is False


def test_the_row_holds_what_the_package_knew(at_mfa2, user):
    browser, row = at_mfa2(user, last_used=USED, authenticator={"aaguid": uuid.UUID(int=5), "counter": 7})

    moved_in()

    key = Passkey.objects.get()
    (credential,) = browser.authenticator.credentials.values()
    assert (key.user, key.kind, key.provider, key.rp_id) == (user, "security-key", "", "testserver")
    assert (key.credential_id, bytes(key.public_key)) == (credential.credential_id, credential.public_key)
    assert bytes(key.user_handle) == user.get_username().encode()
    assert (key.sign_count, key.aaguid, key.name) == (0, uuid.UUID(int=5), "Security key")
    assert (key.user_verified, key.backup_eligible) == (None, None)
    assert (key.created_at, key.last_used_at) == (row.added_on, USED)


def test_its_other_second_factors_are_none_of_our_business(at_mfa2, user):
    for kind in ("TOTP", "Email", "Trusted Device", "RECOVERY"):
        at_mfa2(user, key_type=kind)

    assert list(django_mfa2.credentials()) == []


def test_keys_of_the_old_interface_stay(at_mfa2, user):
    at_mfa2(user, key_type="U2F")

    assert the_one() == NotTaken(user_key=user.get_username(), reason=Reason.OLD_U2F)


def test_what_was_switched_off_there_stays(at_mfa2, user):
    at_mfa2(user, enabled=False)

    assert the_one().reason == Reason.SWITCHED_OFF


def test_a_name_that_nobody_has(at_mfa2, user):
    at_mfa2(user, username="somebody-else")

    assert the_one() == NotTaken(user_key="somebody-else", reason=Reason.NO_USER)
    assert "  1 no such user: user somebody-else" in moved_in()


def test_names_are_compared_exactly(at_mfa2, user):
    at_mfa2(user, username=user.get_username().upper())

    assert the_one().reason == Reason.NO_USER


def test_the_key_of_a_person_who_had_the_name_before_stays(at_mfa2, user):
    """Their key would sign in to an account that was never theirs."""
    if not hasattr(user, "date_joined"):
        pytest.skip("these accounts do not know how old they are")
    at_mfa2(user, added_on=user.date_joined - timedelta(seconds=1))

    assert the_one() == NotTaken(user_key=user.get_username(), reason=Reason.OLDER_THAN_USER)


def test_a_name_that_several_users_have(at_mfa2, user, monkeypatch):
    """A user model may let them, if people sign in with their e-mail address."""
    at_mfa2(user)
    manager = type(user)._default_manager
    twin = make_user("twin")
    monkeypatch.setattr(twin, type(user).USERNAME_FIELD, user.get_username())
    monkeypatch.setattr(type(manager), "filter", lambda self, **conditions: [user, twin])

    assert the_one().reason == Reason.SEVERAL_USERS


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        (None, "no attested credential data"),
        ([], "no attested credential data"),
        ("x", "no attested credential data"),
        ({}, "no attested credential data"),
        ({"device": 7}, "no attested credential data"),
        ({"device": {"keyHandle": "x"}}, "no attested credential data"),
        ({"device": "ü"}, "attested credential data that cannot be decoded"),
        ({"device": "AAAA"}, "attested credential data of only 3 bytes"),
        ({"device": "A" * 200}, "bytes follow the attested credential data"),
    ],
    ids=str,
)
def test_a_damaged_row_is_reported_with_the_reason(at_mfa2, user, properties, why):
    at_mfa2(user)
    _browser, row = at_mfa2(user)
    USER_KEYS.objects.filter(pk=row.pk).update(properties=properties)

    whole, broken = django_mfa2.credentials()

    assert not isinstance(whole, NotTaken)
    assert (broken.user_key, broken.reason.startswith(f"{Reason.UNREADABLE} ({why}")) == (user.pk, True)
    assert "Imported 1, skipped 1." in moved_in()
