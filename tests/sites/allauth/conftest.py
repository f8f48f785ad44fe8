from importlib import import_module

import pytest
from django.conf import settings

from tests.sites.owing import guard, owner_of_passkey


@pytest.fixture(scope="session", autouse=True)
def _urls_of_the_site():
    """allauth chooses its URLs when they are imported: by the settings of the site, not of the first test."""
    import_module(settings.ROOT_URLCONF)


@pytest.fixture
def ada(user):
    """A browser of somebody with a passkey."""
    return owner_of_passkey(user)


@pytest.fixture
def policy(settings, ada):
    """A function: the site has this policy, without PolicyModelBackend, because allauth's own takes passwords."""
    return lambda entries: guard(settings, entries, with_backend=False)
