"""Before a deployment a site learns that browsers may not run a script of another origin."""

import pytest
from django.contrib.staticfiles.storage import StaticFilesStorage

from passkeys_django.check_ids import SCRIPT_ON_ANOTHER_ORIGIN
from tests.checks.test_checks import messages

SITE = {"PASSKEY_RP_ID": "example.com", "PASSKEY_ORIGINS": ["https://example.com"]}
TWO_ORIGINS = {**SITE, "PASSKEY_ORIGINS": ["https://example.com", "https://www.example.com"]}


def told(*, deploy=True, **settings):
    found = messages(deploy=deploy, **settings)
    return [message for message in found if message.id == SCRIPT_ON_ANOTHER_ORIGIN]


@pytest.mark.parametrize(
    "url", ["https://cdn.example.net/static/", "//cdn.example.net/", "http://example.com/static/"]
)
def test_static_files_on_another_origin_are_told(url):
    (warning,) = told(**SITE, STATIC_URL=url)

    assert "Access-Control-Allow-Origin" in warning.hint
    assert url.split("/")[2] in warning.msg


@pytest.mark.parametrize("url", ["/static/", "static/", "https://example.com/static/"])
def test_static_files_on_the_sites_own_origin_are_not(url):
    assert told(**SITE, STATIC_URL=url) == []


class Elsewhere(StaticFilesStorage):
    """Like a storage at a cloud provider, which does not read STATIC_URL."""

    def url(self, name):
        return f"https://bucket.example.net/{name}"


def storage(path):
    return {"STORAGES": {"staticfiles": {"BACKEND": path}}}


def test_a_storage_with_an_address_of_its_own_is_told():
    (warning,) = told(**SITE, **storage(f"{__name__}.Elsewhere"))

    assert "bucket.example.net" in warning.msg


def test_before_a_manifest_is_written_the_setting_is_told():
    manifest = storage("django.contrib.staticfiles.storage.ManifestStaticFilesStorage")

    assert len(told(**SITE, **manifest, STATIC_URL="https://cdn.example.net/")) == 1
    assert told(**SITE, **manifest, STATIC_URL=None) == []


def test_one_of_two_origins_is_another_one_for_the_other():
    assert len(told(**TWO_ORIGINS, STATIC_URL="https://example.com/static/")) == 1


def test_the_default_origin_of_the_rp_id_counts():
    settings = {"PASSKEY_RP_ID": "example.com", "PASSKEY_ORIGINS": []}
    assert told(**settings, STATIC_URL="https://example.com/static/") == []


def test_it_is_told_before_a_deployment_only():
    assert told(deploy=False, **SITE, STATIC_URL="https://cdn.example.net/") == []
