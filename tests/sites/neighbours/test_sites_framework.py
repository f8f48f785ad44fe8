"""django.contrib.sites: two domains, one database, one RP ID, as docs/how-to/several-sites-one-rp-id.md says."""

import pytest
from django.contrib.sites.models import Site

from tests.conftest import refusal
from tests.docs.how_to.pages import Page
from tests.sites.browser_at import BrowserAt

pytestmark = pytest.mark.django_db
HOSTS = ("example.com", "shop.example.com")


@pytest.fixture(autouse=True, params=["one SITE_ID", "the site of the request"])
def _two_sites(request, settings):
    for name, value in Page("several-sites-one-rp-id").settings("settings.py: two domains").items():
        setattr(settings, name, value)
    settings.ALLOWED_HOSTS = HOSTS
    if request.param != "one SITE_ID":
        del settings.SITE_ID
    Site.objects.all().delete()
    for number, host in enumerate(HOSTS, start=1):
        Site.objects.create(pk=number, domain=host, name=host)


@pytest.fixture
def here(user):
    browser = BrowserAt("example.com").sign_in(user)
    assert browser.register().status_code == 201
    return browser


@pytest.fixture
def there(here):
    """The same person at the other domain."""
    return BrowserAt("shop.example.com", here.authenticator)


def test_a_passkey_that_was_made_at_one_signs_in_at_both(here, there):
    here.client.logout()

    assert here.login().status_code == there.login().status_code == 200


def test_each_has_its_own_session(here, there):
    assert there.user_id is None
    assert refusal(there.post("start-registration")) == (401, "not_authenticated")


def test_an_account_lists_the_same_passkeys_at_both(here, there):
    there.login()

    assert here.post("accepted-credentials").json() == there.post("accepted-credentials").json()
    assert "<bdi>" in there.client.get("/passkeys/").content.decode()
