"""From PASSKEY_PROVIDERS to providers, and what is said about settings that make none."""

import traceback

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from passkeys_django.providers import find_provider, get_provider, local_provider, providers_with_copies
from passkeys_django.providers.embedded import EmbeddedProvider

EMBEDDED = {"PROVIDER": "passkeys_django.providers.embedded.EmbeddedProvider"}
HERE = "tests.providers.test_provider_registry"


class KeepingProvider(EmbeddedProvider):
    """A provider with options and copies."""

    keeps_copies = True

    def __init__(self, *, tenant, api_key="", timeout=5, broken=False):
        self.tenant = tenant
        self.timeout = float(timeout)
        if broken:
            raise ImproperlyConfigured("this tenant is closed")

    @property
    def identity(self):
        return f"keeping:{self.tenant}"


def keeping(tenant, **options):
    return {"PROVIDER": f"{HERE}.KeepingProvider", "OPTIONS": {"tenant": tenant, **options}}


def test_without_settings_the_embedded_provider_runs_the_ceremonies(settings):
    if hasattr(settings, "PASSKEY_PROVIDERS"):
        del settings.PASSKEY_PROVIDERS

    assert type(get_provider()) is EmbeddedProvider
    assert get_provider().identity == ""


@override_settings(PASSKEY_PROVIDERS={"default": keeping("a"), "old": EMBEDDED})
def test_an_alias_names_a_provider():
    assert get_provider().identity == get_provider("default").identity == "keeping:a"
    assert type(get_provider("old")) is EmbeddedProvider


@override_settings(PASSKEY_PROVIDERS={"default": EMBEDDED})
def test_an_alias_that_is_not_in_the_settings_is_a_configuration_error():
    with pytest.raises(ImproperlyConfigured, match="other"):
        get_provider("other")


@override_settings(PASSKEY_PROVIDERS={"default": keeping("a")})
def test_a_provider_is_made_once():
    assert get_provider() is get_provider()
    assert find_provider("keeping:a") is get_provider()


@override_settings(PASSKEY_PROVIDERS={"default": EMBEDDED, "one": keeping("a"), "two": keeping("b")})
def test_a_provider_is_found_by_its_identity_and_not_by_its_alias():
    assert find_provider("keeping:b") is get_provider("two")
    assert find_provider("") is get_provider()
    assert find_provider("two") is None
    assert find_provider("keeping:gone") is None


@override_settings(PASSKEY_PROVIDERS={"default": EMBEDDED, "one": keeping("a"), "two": keeping("b")})
def test_providers_with_copies_are_those_that_hold_passkeys_of_their_own():
    assert [provider.identity for provider in providers_with_copies()] == ["keeping:a", "keeping:b"]


def test_providers_are_made_anew_when_the_setting_changes():
    with override_settings(PASSKEY_PROVIDERS={"default": keeping("a")}):
        first = get_provider()
        with override_settings(PASSKEY_PROVIDERS={"default": keeping("b")}):
            assert get_provider().identity == "keeping:b"
            assert find_provider("keeping:a") is None
        assert get_provider().identity == "keeping:a"
        assert get_provider() is not first

    assert find_provider("keeping:a") is None


def test_another_setting_does_not_cost_a_provider_its_connections():
    with override_settings(PASSKEY_PROVIDERS={"default": keeping("a")}):
        first = get_provider()
        with override_settings(PASSKEY_RP_ID="other.example"):
            assert get_provider() is first


@override_settings(PASSKEY_PROVIDERS={"default": keeping("a")})
def test_the_local_provider_is_there_whatever_the_settings_name():
    assert type(local_provider()) is EmbeddedProvider
    assert local_provider().identity == ""


WRONG = {
    "no default": ({"other": EMBEDDED}, "default"),
    "nothing at all": ({}, "default"),
    "a module that is not there": (
        {"default": {"PROVIDER": "no.such.Provider"}},
        "cannot import 'no.such.Provider'",
    ),
    "a class that is not there": ({"default": {"PROVIDER": f"{HERE}.Nope"}}, "cannot import"),
    "no dotted path": ({"default": {"PROVIDER": "Provider"}}, "cannot import"),
    "an empty path": ({"default": {"PROVIDER": ""}}, "cannot import"),
    "a class that is no provider": ({"default": {"PROVIDER": "collections.OrderedDict"}}, "not a provider class"),
    "a function": ({"default": {"PROVIDER": f"{HERE}.keeping"}}, "not a provider class"),
    "a module": ({"default": {"PROVIDER": "passkeys_django.providers"}}, "not a provider class"),
    "an abstract class": ({"default": {"PROVIDER": "passkeys_django.providers.base.BaseProvider"}}, "OPTIONS"),
    "an unknown option": ({"default": keeping("a", api_kee="topsecret")}, "api_kee"),
    "a missing option": ({"default": {"PROVIDER": f"{HERE}.KeepingProvider"}}, "tenant"),
    "an option that is no name": ({"default": keeping("a", **{"api key": "topsecret"})}, "api key"),
    "options for a provider without": ({"default": {**EMBEDDED, "OPTIONS": {"api_key": "topsecret"}}}, "OPTIONS"),
    "a refusal by the provider": ({"default": keeping("a", broken=True)}, "closed"),
    "a mistake in an entry that is not default": ({"default": EMBEDDED, "old": {"PROVIDER": "x.Y"}}, "'old'"),
    "a list": ([EMBEDDED], "PASSKEY_PROVIDERS"),
}


@pytest.mark.parametrize(("providers", "said"), WRONG.values(), ids=WRONG.keys())
def test_settings_that_make_no_provider_are_a_configuration_error(providers, said):
    with override_settings(PASSKEY_PROVIDERS=providers):
        with pytest.raises(ImproperlyConfigured) as caught:
            get_provider()

        assert said in str(caught.value)
        assert "topsecret" not in "".join(traceback.format_exception_only(caught.value))


@override_settings(PASSKEY_PROVIDERS={"default": keeping("a", timeout="topsecret")})
def test_an_option_that_the_provider_cannot_read_is_not_shown():
    with pytest.raises(ImproperlyConfigured) as caught:
        get_provider()

    assert "topsecret" not in str(caught.value)


def test_a_mistake_in_the_settings_is_not_remembered():
    with override_settings(PASSKEY_PROVIDERS={}), pytest.raises(ImproperlyConfigured):
        get_provider()

    assert get_provider()
