"""A third party's provider, shown in docs/topics/writing-a-provider.md: the contract, and a site that uses it."""

import re
from pathlib import Path

import pytest
from django.core.checks import run_checks

from passkeys_django.models import Passkey
from passkeys_django.testing import login, register
from passkeys_django.testing.provider_contract import ProviderContract
from tests.providers import acme
from tests.providers.acme_provider import AcmeProvider

PAGE = Path(__file__).parents[2].joinpath("docs/topics/writing-a-provider.md").read_text(encoding="utf-8")
SECRET = "a secret of thirty-two characters"


class TestAcmeProvider(ProviderContract):
    tokens_name_their_ceremony = True

    @pytest.fixture
    def provider(self):
        yield AcmeProvider(account="tests", secret=SECRET)
        acme.ACCOUNTS.clear()


def settings_of_the_page():
    names = {}
    [block] = re.findall(r"^```python title=\"settings.py\"\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    exec(block.replace("acme_passkeys.", "tests.providers.acme_"), names)
    return names["PASSKEY_PROVIDERS"]


@pytest.fixture
def acme_site(settings, monkeypatch):
    monkeypatch.setenv("ACME_SECRET", SECRET)
    settings.PASSKEY_PROVIDERS = settings_of_the_page()
    yield acme.ACCOUNTS
    acme.ACCOUNTS.clear()


def test_people_sign_in_with_it(acme_site, signed_in, settings):
    client, authenticator = signed_in.client, signed_in.authenticator
    created = register(client, authenticator)
    client.logout()

    assert login(client, authenticator).status_code == 200
    assert list(acme_site["example"]) == [created.json()["credential_id"]]
    assert Passkey.objects.get().provider == "acme:example"


def test_they_still_do_once_the_site_has_left_it(acme_site, signed_in, settings):
    register(signed_in.client, signed_in.authenticator)
    settings.PASSKEY_PROVIDERS = None
    acme_site["example"].clear()

    assert login(signed_in.client, signed_in.authenticator).status_code == 200


def test_it_says_when_it_is_away(acme_site, browser):
    acme_site["is away"] = True

    assert browser.post("start-login").json()["code"] == "provider_unavailable"


def test_its_options_are_checked(acme_site, settings):
    settings.PASSKEY_PROVIDERS["default"]["OPTIONS"]["secret"] = "short"
    settings.PASSKEY_PROVIDERS = dict(settings.PASSKEY_PROVIDERS)

    assert "acme.E001" in [message.id for message in run_checks()]
