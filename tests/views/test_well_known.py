"""Documents at the root of the site: for anyone, where every page asks for a login, and never a redirect to it."""

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import Browser, hanko_settings

pytestmark = pytest.mark.django_db
urlpatterns = [  # this module as a URLconf, and as one without pages of ours or of passwords
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("passkeys/", include("passkeys_django.urls")),
    path(".well-known/", include("passkeys_django.urls_well_known")),
    path("", lambda request: HttpResponse("home")),
]


class bare:
    urlpatterns = [path(".well-known/", include("passkeys_django.urls_well_known"))]


ENDPOINTS, WEBAUTHN, CHANGE_PASSWORD = (
    f"/.well-known/{name}" for name in ("passkey-endpoints", "webauthn", "change-password")
)
ALL = [ENDPOINTS, WEBAUTHN, CHANGE_PASSWORD]
RELATED = ["https://example.org", "https://example.co.uk"]


@pytest.fixture(autouse=True)
def _a_site_for_members_only(settings):
    settings.ROOT_URLCONF = __name__
    settings.PASSKEY_RELATED_ORIGINS = RELATED
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]


def test_the_site_asks_for_a_login_everywhere_else(client):
    assert client.get("/").status_code == 302


def test_password_managers_learn_where_passkeys_are_managed(client):
    response = client.get(ENDPOINTS)

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == dict.fromkeys(["enroll", "manage"], "https://testserver/passkeys/")


def test_the_address_is_the_sites_own_whatever_host_was_asked(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.PASSKEY_ORIGINS = ["android:apk-key-hash:x", "https://app.testserver:8443", "https://testserver"]

    response = client.get(ENDPOINTS, headers={"host": "evil.example"})

    assert response.json()["manage"] == "https://app.testserver:8443/passkeys/"


def test_a_site_without_our_pages_says_no_more_than_that_it_knows_passkeys(client, settings):
    settings.ROOT_URLCONF = bare

    assert client.get(ENDPOINTS).json() == {}


def test_a_site_of_apps_alone_has_no_pages(client, settings):
    settings.PASSKEY_ORIGINS, settings.PASSKEY_RELATED_ORIGINS = ["android:apk-key-hash:x"], None

    assert client.get(ENDPOINTS).json() == {}


def test_browsers_learn_the_related_origins_and_no_others(client):
    response = client.get(WEBAUTHN)

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == {"origins": RELATED}


@pytest.mark.parametrize("none", [None, []])
def test_without_related_origins_there_is_no_document(client, settings, none):
    settings.PASSKEY_RELATED_ORIGINS = none

    assert client.get(WEBAUTHN).status_code == 404


def test_the_page_for_a_new_password_is_found(client):
    response = client.get(CHANGE_PASSWORD)

    assert response.status_code == 302
    assert response["Location"] == "/accounts/password_change/"


def test_a_site_without_passwords_has_no_page_for_a_new_one(client, settings):
    settings.ROOT_URLCONF = bare

    assert client.get(CHANGE_PASSWORD).status_code == 404


def test_what_should_not_exist_does_not(client):
    """Password managers ask for it, to know whether a 200 means anything."""
    url = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"

    assert client.get(url).status_code == 404


@pytest.mark.parametrize("url", ALL)
def test_they_are_read_only(url):
    client = Client()

    assert client.head(url).status_code == client.get(url).status_code
    for method in ("post", "put", "patch", "delete", "options"):
        response = getattr(client, method)(url)
        assert response.status_code == 405
        assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("url", ALL)
def test_they_cost_no_query_and_set_no_cookie(client, url, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get(url)

    assert not response.cookies


# Ceremonies on a page of another domain


@pytest.fixture
def elsewhere(registered):
    """A browser at a related origin, with the same authenticator."""
    registered.authenticator.origin = "https://example.org"
    return registered


def test_people_sign_in_at_a_related_origin_with_the_passkey_of_the_rp_id(elsewhere, user):
    response = elsewhere.login()

    assert response.status_code == 200, response.content
    assert elsewhere.user_id == str(user.pk)


def test_a_passkey_created_at_a_related_origin_is_one_of_the_rp_id(signed_in):
    signed_in.authenticator.origin = "https://example.co.uk"

    response = signed_in.register()

    assert response.status_code == 201, response.content
    assert signed_in.login().status_code == 200


@pytest.mark.parametrize("origin", ["https://www.example.org", "http://example.org", "https://example.net"])
def test_only_the_origins_listed_are_related(elsewhere, origin):
    elsewhere.authenticator.origin = origin

    assert elsewhere.login().json()["code"] == "login_failed"


def test_hanko_is_fine_with_a_related_origin_that_its_tenant_has(hanko_site, settings, user):
    tenant = hanko_site.create_tenant(rp_id="testserver", origins=["https://testserver", *RELATED])
    settings.PASSKEY_PROVIDERS = hanko_settings(tenant)
    browser = Browser().sign_in(user)
    browser.authenticator = SoftwareAuthenticator(origin=RELATED[0])

    assert browser.register().status_code == 201
    assert browser.login().status_code == 200
