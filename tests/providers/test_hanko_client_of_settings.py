"""`providers.hanko.client()`: from PASSKEY_PROVIDERS to the typed client."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from passkeys_django import providers
from passkeys_django.hanko import HankoClient
from passkeys_django.providers import get_provider
from passkeys_django.providers.hanko import HankoProvider, client
from tests.conftest import HANKO_URL

PAGE = (Path(__file__).parents[2] / "docs/providers/hanko.md").read_text(encoding="utf-8")
EMBEDDED = {"PROVIDER": "passkeys_django.providers.embedded.EmbeddedProvider"}


class OwnProvider(HankoProvider):
    """A site's own subclass."""


def entry(tenant, provider="passkeys_django.providers.hanko.HankoProvider"):
    options = {"tenant_id": tenant.id, "api_key": tenant.api_key, "base_url": HANKO_URL}
    return {"PROVIDER": provider, "OPTIONS": options}


@pytest.mark.django_db
def test_the_one_tenants_client_calls_the_tenant_with_its_key(hanko_site, tenant, registered):
    found = client()
    assert isinstance(found, HankoClient)
    assert [credential.id for credential in found.list_credentials()] == list(tenant.credentials)
    assert providers.hanko.client is client


@pytest.mark.django_db
def test_what_the_page_shows_prints_the_audit_log(hanko_site, registered, capsys):
    exec(re.search(r"## Hanko's API in your own code.+?```python\n(.+?)```", PAGE, re.DOTALL)[1], {})
    assert "webauthn_registration_final_succeeded" in capsys.readouterr().out


def test_the_client_is_the_providers_own(tenant, settings):
    settings.PASSKEY_PROVIDERS = {"default": entry(tenant)}
    assert client() is client("default") is get_provider().client


@pytest.mark.parametrize("aliases", [("default", "old"), ("old", "default")])
def test_an_alias_chooses_among_several_tenants(fake_hanko, tenant, settings, aliases):
    other = fake_hanko.create_tenant(rp_id="example.com", origins=["https://example.com"])
    settings.PASSKEY_PROVIDERS = dict(zip(aliases, (entry(tenant), entry(other)), strict=True))
    assert [client(alias).tenant_id for alias in aliases] == [tenant.id, other.id]
    named = re.escape(f"are: {aliases[0]!r}, {aliases[1]!r}. Call client(")
    with pytest.raises(ImproperlyConfigured, match=named):
        client()


def test_the_one_tenant_need_not_be_the_default(tenant, settings):
    settings.PASSKEY_PROVIDERS = {
        "default": EMBEDDED,
        "old": entry(tenant, provider=f"{__name__}.{OwnProvider.__name__}"),
    }
    assert client().tenant_id == client("old").tenant_id == tenant.id


@pytest.mark.parametrize("configured", [None, {"default": EMBEDDED}])
def test_a_site_without_hanko_has_no_client(settings, configured):
    settings.PASSKEY_PROVIDERS = configured
    with pytest.raises(ImproperlyConfigured, match="are: none"):
        client()


@pytest.mark.parametrize("alias", ["default", "elsewhere"])
def test_an_alias_without_a_tenant_is_refused_and_the_right_one_named(tenant, settings, alias):
    settings.PASSKEY_PROVIDERS = {"default": EMBEDDED, "old": entry(tenant)}
    with pytest.raises(ImproperlyConfigured, match=f"'{alias}'.* is no Hanko provider.*'old'"):
        client(alias)


def test_no_error_shows_a_key(tenant, settings):
    settings.PASSKEY_PROVIDERS = {"default": entry(tenant), "old": entry(tenant)}
    with pytest.raises(ImproperlyConfigured) as caught:
        client()
    assert tenant.api_key not in str(caught.value)
    assert tenant.api_key not in repr(client("old"))
