"""The providers that PASSKEY_PROVIDERS names. They are made once, and again when the setting changes."""

from functools import cache

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.views.decorators.debug import sensitive_variables

from ..conf import MadeOfSetting, ProviderConfig, passkey_settings
from .base import BaseProvider
from .embedded import EmbeddedProvider


def get_provider(alias: str = "default") -> BaseProvider:
    """The provider with this alias. Raises ImproperlyConfigured if the settings do not define a usable one."""
    try:
        return _providers()[alias]
    except KeyError as exc:
        raise ImproperlyConfigured(f"PASSKEY_PROVIDERS has no entry {alias!r}.") from exc


def find_provider(identity: str) -> BaseProvider | None:
    """The provider with this identity, or None if the settings no longer contain one."""
    return next((provider for provider in _providers().values() if provider.identity == identity), None)


def providers_with_copies() -> list[BaseProvider]:
    """Every provider in the settings whose service holds its own copies of passkeys."""
    return [provider for provider in _providers().values() if provider.keeps_copies]


@cache
def local_provider() -> EmbeddedProvider:
    """The provider that verifies with the public keys in our database, whatever PASSKEY_PROVIDERS names."""
    return EmbeddedProvider()


def provider_class(alias: str, config: ProviderConfig) -> type[BaseProvider]:
    """The class that PROVIDER names. Raises ImproperlyConfigured if PROVIDER does not name a provider class."""
    try:
        imported = import_string(config.path)
    except ImportError as exc:
        raise ImproperlyConfigured(f"PASSKEY_PROVIDERS[{alias!r}]: cannot import {config.path!r}.") from exc
    if not (isinstance(imported, type) and issubclass(imported, BaseProvider)):
        raise ImproperlyConfigured(f"PASSKEY_PROVIDERS[{alias!r}]: {config.path!r} is not a provider class.")
    return imported


def make_provider(alias: str, config: ProviderConfig) -> BaseProvider:
    """Make a provider from its settings. Raises ImproperlyConfigured, whose text never shows an option's value."""
    made_by = provider_class(alias, config)
    try:
        return made_by(**config.options)
    except TypeError as exc:  # its text names the argument only
        raise ImproperlyConfigured(f"PASSKEY_PROVIDERS[{alias!r}]: OPTIONS: {exc}.") from exc
    except (ValueError, AttributeError) as exc:  # its text may contain the value, so it is left out
        raise ImproperlyConfigured(
            f"PASSKEY_PROVIDERS[{alias!r}]: OPTIONS have a value of the wrong kind."
        ) from exc


@sensitive_variables()
def _make_providers() -> dict[str, BaseProvider]:
    return {alias: make_provider(alias, config) for alias, config in passkey_settings.providers.items()}


_providers = MadeOfSetting(lambda: passkey_settings.providers_source, _make_providers)
