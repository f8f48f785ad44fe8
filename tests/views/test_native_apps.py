"""The documents that name a site's apps: what Android and iOS read, and what a mistake in them says."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from passkeys_django.views.native_apps import AppleAppSiteAssociationView, AssetLinksView

FINGERPRINT = ":".join(["A5"] * 32)
ANDROID, IOS = {"com.example.app": [FINGERPRINT]}, ["A1B2C3D4E5.com.example.app"]
APPLINKS = {"details": [{"appIDs": IOS, "components": [{"/": "/shop/*"}]}]}
STATEMENT = {
    "relation": ["delegate_permission/common.get_login_creds"],
    "target": {"namespace": "web", "site": "https://example.org"},
}
urlpatterns = [
    path("", lambda request: HttpResponse("home")),
    path(".well-known/assetlinks.json", AssetLinksView.as_view(apps=ANDROID, statements=[STATEMENT])),
    path(
        ".well-known/apple-app-site-association",
        AppleAppSiteAssociationView.as_view(apps=IOS, members={"applinks": APPLINKS}),
    ),
]
ALL = ["/.well-known/assetlinks.json", "/.well-known/apple-app-site-association"]


@pytest.fixture(autouse=True)
def _a_site_for_members_only(settings):
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]


def test_android_reads_which_certificates_sign_the_app(client):
    ours, further = client.get(ALL[0]).json()

    assert "delegate_permission/common.get_login_creds" in ours["relation"]
    assert ours["target"] == {
        "namespace": "android_app",
        "package_name": "com.example.app",
        "sha256_cert_fingerprints": [FINGERPRINT],
    }
    assert further == STATEMENT


def test_ios_reads_which_apps_use_the_passkeys_and_what_else_the_site_says(client):
    assert client.get(ALL[1]).json() == {"applinks": APPLINKS, "webcredentials": {"apps": IOS}}


@pytest.mark.parametrize("url", ALL)
def test_nobody_must_sign_in_to_read_them(client, url):
    assert client.get("/").status_code == 302

    response = client.get(url)

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert not response.cookies


@pytest.mark.parametrize("url", ALL)
def test_they_are_read_only(url):
    client = Client()

    assert client.head(url).status_code == 200
    for method in ("post", "put", "patch", "delete", "options"):
        response = getattr(client, method)(url)
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "apps",
    [
        None,
        {},
        [],
        ["com.example.app"],
        {"com example": [FINGERPRINT]},
        {"app": [FINGERPRINT]},
        {7: [FINGERPRINT]},
        {"com.example.app": []},
        {"com.example.app": FINGERPRINT},
        {"com.example.app": None},
        {"com.example.app": [FINGERPRINT.lower()]},
        {"com.example.app": [FINGERPRINT.replace(":", "")]},
        {"com.example.app": [FINGERPRINT[:-3]]},
        {"com.example.app": [f"{FINGERPRINT}\n"]},
        {"com.example.app": [7]},
    ],
    ids=str,
)
def test_a_mistake_in_the_android_apps_is_told_when_the_site_starts(apps):
    with pytest.raises(ImproperlyConfigured, match="AssetLinksView"):
        AssetLinksView.as_view(apps=apps)


@pytest.mark.parametrize(
    "apps",
    [
        None,
        [],
        {},
        "A1B2C3D4E5.com.example.app",
        ["com.example.app"],
        ["A1B2C3D4E5."],
        ["a1b2c3d4e5.com.example.app"],
        [7],
    ],
    ids=str,
)
def test_a_mistake_in_the_ios_apps_is_told_when_the_site_starts(apps):
    with pytest.raises(ImproperlyConfigured, match="AppleAppSiteAssociationView"):
        AppleAppSiteAssociationView.as_view(apps=apps)


def test_an_argument_that_does_not_exist_is_told_too():
    with pytest.raises(TypeError, match="fingerprint"):
        AssetLinksView.as_view(fingerprint=FINGERPRINT)
