"""Credentials that are not discoverable become security keys: good only as a second step after a password."""

from dataclasses import replace

import pytest

from passkeys_django.imports import django_allauth
from passkeys_django.maintenance.importing import AS_SECURITY_KEY, import_credentials
from passkeys_django.models import Passkey
from tests.conftest import refusal
from tests.imports.test_passkeys_import import foreign_credential
from tests.support.tenant import run
from tests.support.two_steps import log_in, use_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved_in(at_allauth, user):
    """A function: a browser whose security key was a second factor there, and is here now."""

    def move(**overrides):
        browser, row = at_allauth(user, overrides=overrides)
        row.data["credential"]["clientExtensionResults"]["credProps"]["rk"] = False
        row.save()
        ((credential_id, credential),) = browser.authenticator.credentials.items()
        browser.authenticator.credentials[credential_id] = replace(credential, discoverable=False)
        assert f"  1 {AS_SECURITY_KEY}: user {user.pk}" in run("passkeys_import", "django-allauth", yes=True)
        return browser

    return move


def test_it_signs_in_after_the_password_also_without_a_pin(moved_in, user, settings):
    """Nobody knows whether such a key can verify its owner, so this is not asked for."""
    use_site(settings)
    browser = moved_in(flags={"uv": False})

    assert log_in(browser, user, flags={"uv": False}).status_code == 302
    assert browser.user_id == str(user.pk)


def test_it_never_signs_in_alone(moved_in, user):
    browser = moved_in()
    (credential_id,) = browser.authenticator.credentials
    handle = django_allauth.user_handle(user.pk)

    response = browser.login(credential_id=credential_id, user_handle=handle)

    assert refusal(response) == (403, "login_failed")
    assert not Passkey.objects.of(user).usable().exists()


def test_its_owner_can_create_a_passkey_on_the_same_device(moved_in, user):
    """If its credential were excluded, the device would refuse."""
    browser = moved_in()

    assert browser.sign_in(user).register().status_code == 201
    assert set(Passkey.objects.values_list("kind", flat=True)) == {"passkey", "security-key"}


@pytest.mark.parametrize(("discoverable", "name"), [(False, "Security key"), (None, "Passkey"), (True, "Passkey")])
def test_without_a_name_and_a_known_maker_it_is_called_what_it_is(user, discoverable, name):
    list(import_credentials([foreign_credential(user, name="", discoverable=discoverable)]))

    assert Passkey.objects.get().name == name
