"""The name of a passkey that nobody has named yet."""

from types import SimpleNamespace
from uuid import UUID

import pytest
from django.test import RequestFactory
from django.utils import translation

from passkeys_django.ceremonies.cookies import Purpose
from passkeys_django.ceremonies.naming import default_name
from passkeys_django.models import Passkey
from tests.conftest import Browser

GOOGLE, UNKNOWN = UUID("ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"), UUID(int=0)
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"


def name(*, aaguid=UNKNOWN, attachment="platform", purpose=Purpose.REGISTER, user_agent=CHROME):
    request = RequestFactory(headers={"User-Agent": user_agent}).get("/")
    registration = SimpleNamespace(aaguid=aaguid, attachment=attachment)
    return default_name(request, registration, SimpleNamespace(purpose=purpose))


def test_a_known_manager_gives_its_name():
    assert name(aaguid=GOOGLE) == "Google Password Manager"


@pytest.mark.parametrize("attachment", ["platform", None])
def test_of_an_unknown_manager_the_browser_and_the_system_are_named(attachment):
    assert name(attachment=attachment) == "Passkey on Chrome, Linux"


def test_a_passkey_on_another_device_is_not_called_after_this_one():
    assert name(attachment="cross-platform") == "Passkey"


@pytest.mark.parametrize("attachment", ["platform", "cross-platform", None])
def test_a_security_key_is_called_so(attachment):
    assert name(attachment=attachment, purpose=Purpose.SECURITY_KEY) == "Security key"


@pytest.mark.parametrize("user_agent", ["", "curl/8.0", "Chrome/140", "Linux", "x" * 100_000], ids=len)
def test_a_browser_that_does_not_say_what_it_is_gives_no_name(user_agent):
    assert name(user_agent=user_agent) == "Passkey"


def test_a_header_of_any_length_gives_a_name_that_fits():
    assert len(name(user_agent=CHROME + "Linux Chrome/ " * 10_000)) < 100


def test_a_language_without_a_translation_gets_the_english_words():
    with translation.override("sw"):
        assert name() == "Passkey on Chrome, Linux"


@pytest.mark.django_db
def test_a_registration_stores_this_name(user):
    browser = Browser(aaguid=UNKNOWN).sign_in(user)
    browser.client.defaults["HTTP_USER_AGENT"] = CHROME
    assert browser.register().status_code == 201
    assert Passkey.objects.get().name == "Passkey on Chrome, Linux"
