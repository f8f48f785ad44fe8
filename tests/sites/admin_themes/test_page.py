"""docs/how-to/admin-themes.md: what this site is made of stands there."""

import re

import pytest
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from tests.docs.how_to.pages import Page

PAGE = Page("admin-themes")


@pytest.mark.skipif(settings.SETTINGS_MODULE.endswith("django"), reason="without a theme")
def test_the_page_names_the_apps_of_this_site_in_this_order():
    *themes, config, _instead, ours = re.findall(r'"([\w.]+)"', PAGE.block("settings.py"))
    first, theme, second = settings.INSTALLED_APPS[:3]

    assert theme in themes
    assert (first, second) == (ours, config)  # ours is first here: its place does not matter


@pytest.mark.skipif("unfold" not in settings.INSTALLED_APPS, reason="the site is unfold's")
def test_a_site_of_ones_own_takes_passkeys_with_the_form_of_unfold(client, settings):
    from unfold.forms import AuthenticationForm

    names = {"__name__": __name__}
    exec(PAGE.block("office/sites.py"), names)
    office = names["Office"]()
    urls = [
        path("admin/", admin.site.urls),
        path("office/", office.urls),
        path("passkeys/", include("passkeys_django.urls")),
    ]
    settings.ROOT_URLCONF = type("URLs", (), {"urlpatterns": urls})

    page = client.get("/office/login/")

    assert isinstance(page.context["form"], AuthenticationForm)
    assert 'autocomplete="username webauthn"' in page.content.decode()
    assert "data-passkey-login" in page.content.decode()
