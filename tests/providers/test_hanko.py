"""Hanko as a provider, against a fake that speaks its wire contract."""

import pytest

from passkeys_django.exceptions import ProviderRejected
from passkeys_django.providers.hanko.provider import HankoProvider
from passkeys_django.testing.provider_contract import ProviderContract
from tests.conftest import HANKO_URL


@pytest.fixture
def provider(tenant):
    return HankoProvider(tenant_id=tenant.id, api_key=tenant.api_key, base_url=HANKO_URL)


class TestHankoProvider(ProviderContract):
    @pytest.fixture
    def provider(self, tenant):
        return HankoProvider(tenant_id=tenant.id, api_key=tenant.api_key, base_url=HANKO_URL)


def test_the_identity_is_the_tenants_however_the_settings_write_it(provider, tenant):
    shouted = HankoProvider(tenant_id=tenant.id.upper().replace("-", ""), api_key="key")
    assert provider.identity == shouted.identity == f"hanko:{tenant.id}"


def test_the_api_key_does_not_show(provider, tenant):
    assert tenant.api_key not in repr(provider) + str(vars(provider))


@pytest.mark.parametrize("method", ["has_credential", "delete_credential"])
def test_an_unknown_tenant_is_no_unknown_credential(fake_hanko, method):
    elsewhere = HankoProvider(tenant_id="6f9d2b5e-8b0f-4b7b-9a55-000000000000", api_key="key", base_url=HANKO_URL)
    with pytest.raises(ProviderRejected, match="tenant not found"):
        getattr(elsewhere, method)("Y3JlZGVudGlhbA")


@pytest.mark.parametrize(
    ("user_handle", "finished"),
    [
        (b"sixteen bytes...", False),
        ("sechzehn für ää".encode()[:16], False),
        (b"fifteen bytes..", True),
        (b"\xc3" * 16, True),  # the bytes of a UUID, which Hanko finds
        (b"x" * 43, True),
    ],
)
def test_trap_1_logins_under_text_of_16_bytes_are_not_left_to_hanko(provider, user_handle, finished):
    assert provider.finishes_logins_of(user_handle) is finished
