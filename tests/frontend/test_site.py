"""What the frame of our pages says of the site around them: its name, and the way back."""

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import include, path
from django.utils import translation

from passkeys_django.frontend.site import site_of

ROOT = [path("", lambda request: HttpResponse("home"))]
OURS = [path("passkeys/", include("passkeys_django.urls"))]
DASHBOARD = [path("dashboard/", lambda request: HttpResponse("here"))]


class Urls:
    """A URLconf with these patterns."""

    def __init__(self, *patterns):
        self.urlpatterns = [*OURS, *(each for some in patterns for each in some)]


def site(host="www.example.com"):
    return site_of(RequestFactory().get("/passkeys/", headers={"host": host}))


@pytest.fixture(autouse=True)
def any_host(settings):
    settings.ALLOWED_HOSTS = ["*"]


def test_the_name_is_the_one_that_browsers_show(settings):
    settings.PASSKEY_RP_NAME = "Acme"
    assert site().name == "Acme"


def test_without_a_name_it_is_the_domain(settings):
    settings.PASSKEY_RP_NAME, settings.PASSKEY_RP_ID = None, "example.com"
    assert site().name == "example.com"


@pytest.mark.parametrize(
    ("host", "name"), [("localhost:8000", "localhost"), ("Example.com", "example.com"), ("[::1]:8000", "[::1]")]
)
def test_without_both_it_is_the_host_without_its_port(settings, host, name):
    settings.PASSKEY_RP_NAME = settings.PASSKEY_RP_ID = None
    assert site(host).name == name


def test_a_template_without_a_request_names_no_host(settings):
    settings.PASSKEY_RP_NAME = settings.PASSKEY_RP_ID = None
    assert site_of(None).name == ""


@pytest.mark.parametrize(
    ("patterns", "after_login", "way"),
    [
        ((ROOT, DASHBOARD), "/dashboard/", "/"),
        ((DASHBOARD,), "/dashboard/", "/dashboard/"),
        ((DASHBOARD,), "/dashboard/?tab=1", "/dashboard/?tab=1"),
        ((), "/accounts/profile/", ""),
        ((), "https://elsewhere.example/", ""),
        ((ROOT,), "no-such-name", "/"),
        ((), "no-such-name", ""),
        ((i18n_patterns(*ROOT), DASHBOARD), "/dashboard/", "/de/"),
    ],
    ids=["first-page", "after-login", "with-a-query", "no-page", "elsewhere", "no-name", "neither", "languages"],
)
def test_the_way_back_leads_to_a_page_that_exists(settings, patterns, after_login, way):
    settings.ROOT_URLCONF, settings.LOGIN_REDIRECT_URL = Urls(*patterns), after_login
    with translation.override("de"):
        assert site().url == way
