from importlib import import_module

import pytest
from django.conf import settings


@pytest.fixture(scope="session", autouse=True)
def _urls_of_the_site():
    """allauth chooses its URLs when they are imported: by the settings of the site, not of the first test."""
    import_module(settings.ROOT_URLCONF)
