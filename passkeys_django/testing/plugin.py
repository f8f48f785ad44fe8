"""Fixtures for the tests of sites. pytest finds the fixtures by itself if this package is installed.

pytest imports this file at every start. So that this costs nothing, each fixture imports what it needs.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .authenticator import SoftwareAuthenticator
    from .hanko import FakeHanko, Tenant


@pytest.fixture
def passkey_authenticator() -> "SoftwareAuthenticator":
    """A software authenticator, whose browser is at the first of the site's PASSKEY_ORIGINS."""
    from .authenticator import SoftwareAuthenticator

    return SoftwareAuthenticator(origin=_origins()[0])


@pytest.fixture
def fake_hanko() -> "Iterator[FakeHanko]":
    """A fake Hanko instead of https://passkeys.hanko.io, for all code in this process that uses `requests`."""
    from .hanko import FakeHanko, in_process

    fake = FakeHanko()
    with in_process(fake):
        yield fake
    assert fake.errors == [], "a request has caused an error inside of the fake Hanko: please report this bug"


@pytest.fixture
def hanko_tenant(fake_hanko: "FakeHanko") -> "Iterator[Tenant]":
    """A tenant of `fake_hanko`. During the test, the site runs its ceremonies at this tenant."""
    from django.test import override_settings

    tenant = fake_hanko.create_tenant(rp_id=_rp_id(), origins=_origins())
    provider = {
        "PROVIDER": "passkeys_django.providers.hanko.HankoProvider",
        "OPTIONS": {"tenant_id": tenant.id, "api_key": tenant.api_key},
    }
    with override_settings(PASSKEY_PROVIDERS={"default": provider}):
        yield tenant


def _rp_id() -> str:
    """PASSKEY_RP_ID. Tests need this setting: DEBUG is off in tests, so the request's host does not replace it."""
    from django.conf import settings

    rp_id = getattr(settings, "PASSKEY_RP_ID", None)
    if not rp_id:
        pytest.fail("Set PASSKEY_RP_ID in the settings of your tests, to 'testserver' for example.", pytrace=False)
    return str(rp_id)


def _origins() -> list[str]:
    """PASSKEY_ORIGINS, or the same default as in the site."""
    from django.conf import settings

    return list(getattr(settings, "PASSKEY_ORIGINS", None) or [f"https://{_rp_id()}"])
