"""From PASSKEY_PROVIDERS to the typed client of a Hanko tenant."""

from django.core.exceptions import ImproperlyConfigured

from ...conf import passkey_settings
from ...hanko import HankoClient
from .. import get_provider
from .provider import HankoProvider


def client(alias: str | None = None) -> HankoClient:
    """The client of the tenant that PASSKEY_PROVIDERS configures: every call of Hanko's public API, typed.

    `alias` is the provider's name in PASSKEY_PROVIDERS. The alias may be left out if there is only one Hanko
    provider. The client, its time-outs and its open connections are those of the provider. The client checks no
    permission of this site: the caller decides for whom it may be called. Raises ImproperlyConfigured if no Hanko
    provider has this alias, or if the alias is left out and there is no Hanko provider, or several.
    """
    found = _hanko_providers()
    if alias is None and len(found) != 1:
        raise ImproperlyConfigured(f"{_count(found)} Call client(alias) with the alias of a Hanko provider.")
    provider = next(iter(found.values())) if alias is None else found.get(alias)
    if provider is None:
        raise ImproperlyConfigured(f"PASSKEY_PROVIDERS[{alias!r}] is no Hanko provider. {_count(found)}")
    return provider.client


def _hanko_providers() -> dict[str, HankoProvider]:
    providers = {alias: get_provider(alias) for alias in passkey_settings.providers}
    return {alias: provider for alias, provider in providers.items() if isinstance(provider, HankoProvider)}


def _count(found: dict[str, HankoProvider]) -> str:
    aliases = ", ".join(map(repr, found)) or "none"
    return f"The Hanko providers in PASSKEY_PROVIDERS are: {aliases}."
