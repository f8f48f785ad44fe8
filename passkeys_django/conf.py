"""The one reader of our settings: lazily, typed, uncached, so that `override_settings` works at any moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

EMBEDDED = "passkeys_django.providers.embedded.EmbeddedProvider"
CEREMONY_MAX_AGE = 600
"""Seconds that a ceremony may take."""
USER_VERIFICATION = ("required", "preferred", "discouraged")


@dataclass(frozen=True, kw_only=True)
class ProviderConfig:
    """One entry of PASSKEY_PROVIDERS. OPTIONS hold keys, so they stay out of `repr`."""

    path: str = EMBEDDED
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


class PasskeySettings:
    """One property a setting. Each raises ImproperlyConfigured, naming the setting, if it has the wrong type."""

    @property
    def providers_source(self) -> object:
        """PASSKEY_PROVIDERS itself: what was made of it must be made anew when it is another object."""
        return getattr(settings, "PASSKEY_PROVIDERS", None)

    @property
    def providers(self) -> dict[str, ProviderConfig]:
        """PASSKEY_PROVIDERS by alias; unset, "default" is the embedded provider."""
        entries = self.providers_source
        if entries is None:
            return {"default": ProviderConfig()}
        if not isinstance(entries, Mapping):
            raise ImproperlyConfigured("PASSKEY_PROVIDERS must be a dictionary of providers by alias.")
        return {alias: _provider_config(alias, entry) for alias, entry in entries.items()}

    @property
    def local_fallback(self) -> bool:
        """PASSKEY_LOCAL_FALLBACK: do passkeys go on working while the provider is unreachable?"""
        value = getattr(settings, "PASSKEY_LOCAL_FALLBACK", False)
        if not isinstance(value, bool):
            raise ImproperlyConfigured("PASSKEY_LOCAL_FALLBACK must be True or False.")
        return value

    @property
    def rp_id(self) -> str | None:
        """PASSKEY_RP_ID: the domain that passkeys are bound to."""
        return _optional_string("PASSKEY_RP_ID")

    @property
    def rp_name(self) -> str | None:
        """PASSKEY_RP_NAME: what the browser calls the site."""
        return _optional_string("PASSKEY_RP_NAME")

    @property
    def origins(self) -> tuple[str, ...]:
        """PASSKEY_ORIGINS: from where passkeys may be used; empty if unset."""
        origins = getattr(settings, "PASSKEY_ORIGINS", None)
        if origins is None:
            return ()
        if (
            isinstance(origins, str)
            or not isinstance(origins, Sequence)
            or not all(isinstance(origin, str) for origin in origins)
        ):
            raise ImproperlyConfigured("PASSKEY_ORIGINS must be a list of origins.")
        return tuple(origins)

    @property
    def user_verification(self) -> str:
        """PASSKEY_USER_VERIFICATION of embedded's options: "required" unless set."""
        value = getattr(settings, "PASSKEY_USER_VERIFICATION", "required")
        if value not in USER_VERIFICATION:
            raise ImproperlyConfigured(f"PASSKEY_USER_VERIFICATION must be one of {', '.join(USER_VERIFICATION)}.")
        return str(value)

    @property
    def reauthentication_age(self) -> int:
        """PASSKEY_REAUTHENTICATION_AGE, in seconds: how old a login may be to add or remove passkeys."""
        age = getattr(settings, "PASSKEY_REAUTHENTICATION_AGE", 300)
        if not isinstance(age, int) or isinstance(age, bool) or age < 0:
            raise ImproperlyConfigured("PASSKEY_REAUTHENTICATION_AGE must be a number of seconds.")
        return age


def _provider_config(alias: object, entry: object) -> ProviderConfig:
    path = entry.get("PROVIDER") if isinstance(entry, Mapping) else None
    options = entry.get("OPTIONS", {}) if isinstance(entry, Mapping) else None
    if not isinstance(path, str) or not isinstance(options, Mapping):
        raise ImproperlyConfigured(
            f'PASSKEY_PROVIDERS[{alias!r}] must be {{"PROVIDER": "path.to.Provider", "OPTIONS": {{...}}}}.'
        )
    return ProviderConfig(path=path, options=options)


def _optional_string(name: str) -> str | None:
    value = getattr(settings, name, None)
    if value is not None and not isinstance(value, str):
        raise ImproperlyConfigured(f"{name} must be a string.")
    return value or None


passkey_settings = PasskeySettings()
