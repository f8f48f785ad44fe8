"""These tests need settings of their own: tests/security/test_axes.py runs them."""

import pytest
from django.conf import settings

from tests.conftest import Browser, credentials_of

collect_ignore_glob = [] if "axes" in settings.INSTALLED_APPS else ["test_*.py"]


def sign_in(browser, user):
    assert browser.client.post("/accounts/login/", credentials_of(user)).status_code == 302
    return browser


@pytest.fixture(autouse=True)
def _by_the_login_page(monkeypatch):
    """django-axes refuses Client.login(), which has no request."""
    monkeypatch.setattr(Browser, "sign_in", sign_in)
