"""openapi.json at a URL of the site's choice: with the site's own addresses and names."""

import pytest
from django.test import override_settings
from django.urls import include, path

from passkeys_django.views.openapi import openapi
from tests.docs.openapi.document import DOCUMENT

urlpatterns = [
    path("api/passkeys/openapi.json", openapi),
    path("api/passkeys/", include("passkeys_django.urls")),
]


class elsewhere:
    """Without our own URLs."""

    urlpatterns = [path("api/passkeys/openapi.json", openapi)]


URL = "/api/passkeys/openapi.json"


@pytest.fixture(autouse=True)
def _a_site_for_members_only(settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]


def test_it_is_the_document_of_the_package_at_the_sites_own_address(client):
    document = client.get(URL).json()

    assert document["servers"] == [{"url": "/api/passkeys"}]
    assert document["paths"] == DOCUMENT["paths"]
    assert document["components"]["schemas"] == DOCUMENT["components"]["schemas"]


@override_settings(SESSION_COOKIE_NAME="__Host-sessionid", CSRF_HEADER_NAME="HTTP_X_XSRF_TOKEN")
def test_it_names_the_sites_own_cookie_and_header(client):
    components = client.get(URL).json()["components"]

    assert components["securitySchemes"]["session"]["name"] == "__Host-sessionid"
    assert components["parameters"]["CSRFToken"]["name"] == "X-XSRF-TOKEN"


def test_one_site_does_not_change_the_document_of_the_next(client):
    with override_settings(SESSION_COOKIE_NAME="first"):
        client.get(URL)

    assert client.get(URL).json()["components"]["securitySchemes"]["session"]["name"] == "sessionid"


def test_without_our_urls_it_names_the_root(client, settings):
    settings.ROOT_URLCONF = elsewhere

    assert client.get(URL).json()["servers"] == [{"url": "/"}]


def test_it_is_read_only_and_opt_in(client, settings):
    assert client.post(URL).status_code == 405
    assert client.get("/api/passkeys/openapi").status_code == 404
