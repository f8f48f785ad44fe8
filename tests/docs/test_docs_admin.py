"""docs/admin.md: its Python, run as it stands there."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.urls import include, path
from django.utils import timezone
from django.utils.module_loading import import_string

from passkeys_django.admin import PasskeyInline
from passkeys_django.forms import PasskeyFormMixin
from passkeys_django.models import PasskeySignature
from tests.support.evidence import make_signature

PAGE = (Path(__file__).parents[2] / "docs" / "admin.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def run(containing, **names):
    """The names that the one block with these words defines, beside those that it finds there."""
    (block,) = [block for block in BLOCKS if containing in block]
    names = {"__name__": __name__, **names}
    exec(compile(block, "docs/admin.md", "exec"), names)
    return names


def test_the_config_to_write_in_place_of_djangos_exists():
    (config,) = re.findall(r'"(passkeys_django\.[\w.]+Config)"', BLOCKS[0])

    assert import_string(config).name == "django.contrib.admin"


def test_an_admin_site_of_ones_own_takes_passkeys(client, settings):
    site = run("class Office")["Office"]()
    ours = path("passkeys/", include("passkeys_django.urls"))
    settings.ROOT_URLCONF = type("URLs", (), {"urlpatterns": [path("admin/", site.urls), ours]})

    page = client.get("/admin/login/")

    assert isinstance(page.context["form"], PasskeyFormMixin)
    assert isinstance(page.context["form"], AdminAuthenticationForm)
    assert "data-passkey-login" in page.content.decode()


def test_on_an_admin_site_of_ones_own_users_show_passkeys():
    office = admin.AdminSite()
    office.register(get_user_model())

    run("office.register", office=office)

    assert office.get_urls()
    assert office.get_model_admin(get_user_model()).inlines == [PasskeyInline]
    ours = {model for model in admin.site._registry if model._meta.app_label == "passkeys_django"}
    assert {*office._registry} == {get_user_model(), *ours}


@pytest.mark.django_db
def test_old_signatures_of_deleted_users_are_erased_as_the_page_says(user, other_user):
    ages = {"old": timedelta(days=4000), "new": timedelta(days=3000)}
    of_deleted = {age: make_signature(user, created_at=timezone.now() - days) for age, days in ages.items()}
    kept = make_signature(other_user, created_at=timezone.now() - ages["old"])
    user.delete()

    assert run("def erase_old_signatures")["erase_old_signatures"]()[0] == 1

    assert set(PasskeySignature.objects.all()) == {of_deleted["new"], kept}


@pytest.mark.django_db  # which some of Django 6.1's checks ask
@pytest.mark.skipif(
    not admin.site.is_registered(get_user_model()), reason="UserAdmin is for Django's own user model"
)
def test_a_user_admin_of_ones_own_shows_passkeys():
    site = admin.AdminSite()
    site.register(get_user_model(), run("class PersonAdmin")["PersonAdmin"])

    assert site.get_model_admin(get_user_model()).inlines == [PasskeyInline]
    assert run_checks() == []
