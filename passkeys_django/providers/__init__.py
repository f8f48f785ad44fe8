"""The providers that PASSKEY_PROVIDERS names, made once and dropped when the setting changes."""

from functools import cache
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from ..conf import ProviderConfig, passkey_settings
from .base import BaseProvider
from .embedded import EmbeddedProvider


def get_provider(alias: str = "default") -> BaseProvider:
    """The provider of this alias. Raises ImproperlyConfigured if the settings do not make one."""
    return _providers()[alias]


def find_provider(identity: str) -> BaseProvider | None:
    """The provider in the settings that holds copies under this identity, if it is still there."""
    return next((provider for provider in _providers().values() if provider.identity == identity), None)


def providers_with_copies() -> list[BaseProvider]:
    """Every provider in the settings that holds passkeys of its own."""
    return [provider for provider in _providers().values() if provider.keeps_copies]


@cache
def local_provider() -> EmbeddedProvider:
    """Verifies with the public keys stored here, whatever the settings name."""
    return EmbeddedProvider()


def provider_class(alias: str, config: ProviderConfig) -> type[BaseProvider]:
    """The class that PROVIDER names. Raises ImproperlyConfigured if it is none."""
    try:
        imported = import_string(config.path)
    except ImportError as exc:
        raise ImproperlyConfigured(f"PASSKEY_PROVIDERS[{alias!r}]: cannot import {config.path!r}.") from exc
    if not (isinstance(imported, type) and issubclass(imported, BaseProvider)):
        raise ImproperlyConfigured(f"PASSKEY_PROVIDERS[{alias!r}]: {config.path!r} is no provider.")
    return imported


def make_provider(alias: str, config: ProviderConfig) -> BaseProvider:
    """A provider made of its settings. Raises ImproperlyConfigured, which shows no option's value."""
    made_by = provider_class(alias, config)
    try:
        return made_by(**config.options)
    except TypeError as exc:
        raise ImproperlyConfigured(f"PASSKEY_PROVIDERS[{alias!r}]: OPTIONS: {exc}.") from exc


@cache
def _providers() -> dict[str, BaseProvider]:
    configs = passkey_settings.providers
    if "default" not in configs:
        raise ImproperlyConfigured('PASSKEY_PROVIDERS needs an entry "default".')
    return {alias: make_provider(alias, config) for alias, config in configs.items()}


def _forget_providers(*, setting: str, **_kwargs: Any) -> None:
    if setting == "PASSKEY_PROVIDERS":
        _providers.cache_clear()


setting_changed.connect(_forget_providers)
