"""These tests need django-allauth, in an environment and with settings of their own: `make sites`."""

from importlib import import_module

import pytest
from django.conf import settings

collect_ignore_glob = [] if "allauth.account" in settings.INSTALLED_APPS else ["test_*.py", "urls*.py"]


@pytest.fixture(scope="session", autouse=True)
def _urls_of_the_site():
    """allauth chooses its URLs when they are imported: by the settings of the site, not of the first test."""
    import_module(settings.ROOT_URLCONF)
