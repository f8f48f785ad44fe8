"""`manage.py check` on a site that names Android apps."""

from types import ModuleType

import pytest
from django.http import JsonResponse
from django.urls import clear_url_caches, path

from passkeys_django.checks.native_apps import check_android_apps
from passkeys_django.protocol.domains import android_origin
from passkeys_django.views.native_apps import AssetLinksView

FIRST, SECOND = (":".join([byte] * 32) for byte in ("A5", "0F"))
LISTED = AssetLinksView.as_view(apps={"com.example.app": [FIRST, SECOND]})


@pytest.fixture
def site(settings):
    """Set the URLconf of the site to these entries below `.well-known/`."""

    def of(*urlpatterns):
        settings.ROOT_URLCONF = ModuleType("urls")
        settings.ROOT_URLCONF.urlpatterns = list(urlpatterns)

    yield of
    clear_url_caches()


def at_well_known(view):
    return path(".well-known/assetlinks.json", view)


def test_each_certificate_without_its_origin_is_named_with_the_origin(site, settings):
    site(at_well_known(LISTED))
    settings.PASSKEY_ORIGINS = ["https://example.com", android_origin(FIRST)]

    [message] = check_android_apps()

    assert message.id == "passkeys_django.W019"
    assert "com.example.app" in message.msg
    assert android_origin(SECOND) in message.hint


def test_with_all_origins_there_is_nothing_to_say(site, settings):
    site(at_well_known(LISTED))
    settings.PASSKEY_ORIGINS = ["https://example.com", android_origin(FIRST), android_origin(SECOND)]

    assert check_android_apps() == []


def test_a_site_without_our_view_is_left_alone(site):
    for urlpatterns in ([], [at_well_known(lambda request: JsonResponse([], safe=False))], ["no path()"]):
        site(*urlpatterns)

        assert check_android_apps() == []


def test_where_the_setting_is_wrong_another_check_says_so(site, settings):
    site(at_well_known(LISTED))
    settings.PASSKEY_ORIGINS = 7

    assert check_android_apps() == []
