from types import ModuleType

import pytest
from django.urls import clear_url_caches, path

from passkeys_django.login import PasskeyLoginView
from tests.ceremonies.login.known_user.site import Site, view
from tests.support.two_steps import POLICY
from tests.urls import urlpatterns as everybodys


@pytest.fixture(autouse=True)
def site(settings):
    site, urls = Site(), ModuleType("urls")
    names = ("start", "finish", "sign_in")
    urls.urlpatterns = [*(path(f"site/{name}", view(getattr(site, name))) for name in names), *everybodys]
    settings.ROOT_URLCONF = urls
    yield site
    clear_url_caches()


@pytest.fixture
def both(registered, other_user):
    """A browser that holds a passkey of `user` and one of `other_user`."""
    other = registered.other_browser().sign_in(other_user)
    assert other.register().status_code == 201
    return registered


@pytest.fixture
def two_steps(settings):
    """The policy asks everybody for a second step."""
    settings.PASSKEY_POLICY = POLICY
    urls = settings.ROOT_URLCONF.urlpatterns
    urls.insert(0, path("accounts/login/", PasskeyLoginView.as_view(), name="login"))
    clear_url_caches()
