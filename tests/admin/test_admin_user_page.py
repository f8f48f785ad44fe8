"""A user's passkeys on the user's page in the admin."""

import subprocess
import sys

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.urls import path, reverse

from passkeys_django.admin import PasskeyAdmin, PasskeyInline
from passkeys_django.models import Passkey
from tests.conftest import make_passkey
from tests.support.staff import staff_client

pytestmark = pytest.mark.django_db


class UserAdmin(admin.ModelAdmin):
    """As a site may have it."""

    fields = ["password"]


@pytest.fixture
def users():
    """The user model, not registered with the default admin; afterwards as before."""
    model = get_user_model()
    before = admin.site._registry.get(model)
    admin.site._registry.pop(model, None)
    yield model
    admin.site._registry.pop(model, None)
    if before is not None:
        admin.site._registry[model] = before


@pytest.fixture
def site():
    """An admin site that has passkeys, and no users yet."""
    site = admin.AdminSite()
    site.register(Passkey, PasskeyAdmin)
    return site


def inlines(site, model):
    """The inlines of the model's page as the URLs of the site serve it."""
    assert site.get_urls()
    return list(site.get_model_admin(model).inlines)


def test_the_page_of_a_user_gets_the_inline(site, users):
    site.register(users, UserAdmin)

    assert inlines(site, users) == [PasskeyInline]
    assert UserAdmin.inlines == ()  # of this one admin, not of its class


def test_it_is_added_once(site, users):
    site.register(users, UserAdmin)

    assert inlines(site, users) == inlines(site, users) == [PasskeyInline]


def test_a_sites_own_inline_stays_the_only_one(site, users):
    class OwnInline(PasskeyInline):
        fields = readonly_fields = ("manager",)

    site.register(users, type("OwnAdmin", (UserAdmin,), {"inlines": (OwnInline,)}))

    assert inlines(site, users) == [OwnInline]


def test_an_admin_that_replaces_another_gets_it(site, users):
    site.register(users)
    site.unregister(users)
    site.register(users, UserAdmin)

    assert inlines(site, users) == [PasskeyInline]


@pytest.mark.parametrize("proxy", [True, False], ids=["proxy", "subclass"])
def test_other_models_of_users_get_it(site, users, proxy):
    with isolate_apps("tests.admin"):
        meta = type("Meta", (), {"proxy": proxy, "app_label": "admin"})
        customers = type("Customer", (users,), {"__module__": __name__, "Meta": meta})
    site.register(customers, UserAdmin)

    assert inlines(site, customers) == [PasskeyInline]


def test_a_user_model_outside_of_the_admin_is_no_error(site, users):
    assert site.get_urls()
    assert not site.is_registered(users)


def test_a_site_that_has_no_page_of_passkeys_shows_them_nowhere(users):
    site = admin.AdminSite()
    site.register(users, UserAdmin)

    assert inlines(site, users) == []


def test_a_site_may_leave_it_out(users, superuser, user, settings):
    get_inlines = {"get_inlines": lambda self, request, obj: []}
    admin.site.register(users, type("OwnAdmin", (UserAdmin,), get_inlines))
    serve(settings)

    url = reverse(f"admin:{users._meta.app_label}_{users._meta.model_name}_change", args=[user.pk])
    assert "passkeys-group" not in page_of(superuser, url)


def test_inlines_that_a_site_computes_stay_as_they_are(site, users):
    site.register(users, type("OwnAdmin", (UserAdmin,), {"inlines": property(lambda self: [])}))

    assert inlines(site, users) == []


def test_the_page_of_a_proxy_shows_the_passkeys(users, superuser, user, settings):
    with isolate_apps("tests.admin"):
        meta = type("Meta", (), {"proxy": True, "app_label": "admin"})
        customers = type("Customer", (users,), {"__module__": __name__, "Meta": meta})
    admin.site.register(customers, UserAdmin)
    try:
        serve(settings)
        make_passkey(user, name="Blue laptop")

        assert "Blue laptop" in page_of(superuser, f"/admin/admin/customer/{user.pk}/change/")
    finally:
        admin.site.unregister(customers)


def serve(settings):
    """Make the URLs of the default admin anew."""
    settings.ROOT_URLCONF = type("URLs", (), {"urlpatterns": [path("admin/", admin.site.urls)]})


def page_of(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


# At the start of a process


BY_ITSELF = """
import sys
print([name for name in sys.modules if name in ("django.contrib.auth.admin", "passkeys_django.admin")])
"""
STARTS = """
from django.conf import settings
import tests.settings as base
apps = [app for app in base.INSTALLED_APPS if app not in ("passkeys_django", "django.contrib.admin")]
settings.configure(**{name: getattr(base, name) for name in dir(base) if name.isupper()} | {"INSTALLED_APPS": %s})
import django
django.setup()
"""
SHOWS = """
from django.contrib import admin
from django.contrib.auth import get_user_model
from passkeys_django.admin import PasskeyInline
admin.site.urls
print(admin.site.get_model_admin(get_user_model()).inlines.count(PasskeyInline))
"""


def printed_at_start(installed_apps, code):
    command = [sys.executable, "-c", STARTS % installed_apps + code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize(
    "installed_apps",
    [
        '["django.contrib.admin", *apps, "passkeys_django"]',
        '["passkeys_django", "django.contrib.admin", *apps]',
        '["passkeys_django", *apps, "passkeys_django.admin_config.PasskeyAdminConfig"]',
        '["django.contrib.admin", "passkeys_django", *apps]',
    ],
    ids=["last", "first", "first, with our admin", "before auth"],
)
@pytest.mark.skipif("get_user_model()._meta.label != 'auth.User'", reason="only auth.User brings its admin along")
def test_the_order_of_apps_does_not_matter(installed_apps):
    assert printed_at_start(installed_apps, SHOWS) == "1"


def test_a_site_that_registers_by_itself_is_left_alone():
    apps = '["passkeys_django", "django.contrib.admin.apps.SimpleAdminConfig", *apps]'
    assert printed_at_start(apps, BY_ITSELF) == "[]"


@pytest.mark.skipif("get_user_model()._meta.label != 'auth.User'", reason="only auth.User brings its admin along")
def test_a_site_that_asks_for_the_admins_of_all_apps_gets_the_inline():
    apps = '["passkeys_django", "django.contrib.admin.apps.SimpleAdminConfig", *apps]'
    assert printed_at_start(apps, "from django.contrib import admin; admin.autodiscover()" + SHOWS) == "1"


def test_a_site_without_an_admin_is_fine():
    assert printed_at_start('["passkeys_django", *apps]', "print('started')") == "started"


def test_our_config_makes_the_default_admin_one_with_passkeys():
    apps = '["passkeys_django.admin_config.PasskeyAdminConfig", *apps, "passkeys_django"]'
    code = "from django.contrib import admin; print(admin.site.login_template)"
    assert printed_at_start(apps, code) == "passkeys_django/admin/login.html"


# On the page


@pytest.fixture
def user_page(users, settings):
    """The address of a user's page, in an admin that has the user model."""
    admin.site.register(users, UserAdmin)
    serve(settings)
    label = f"admin:{users._meta.app_label}_{users._meta.model_name}"
    return lambda user=None: reverse(f"{label}_change", args=[user.pk]) if user else reverse(f"{label}_add")


def test_the_users_passkeys_are_shown_and_lead_to_their_pages(superuser, user, other_user, user_page):
    passkey = make_passkey(user, name="Blue laptop", backup_state=True, use_count=7)
    other = make_passkey(other_user, name="Yubikey")

    page = page_of(superuser, user_page(user))

    for shown in ("Blue laptop", "Synced", '<td class="field-use_count">', f"/passkey/{passkey.pk}/change/"):
        assert shown in page
    assert "Yubikey" not in page
    assert str(other.pk) not in page


def test_nothing_can_be_changed_there(superuser, user, user_page):
    passkey = make_passkey(user)
    page = page_of(superuser, user_page(user))
    assert 'name="passkeys-MAX_NUM_FORMS" value="0"' in page  # no row to add
    assert 'name="passkeys-0-DELETE"' not in page

    total = {"passkeys-TOTAL_FORMS": 1, "passkeys-INITIAL_FORMS": 1, "password": "x"}
    forged = {"passkeys-0-id": passkey.pk, "passkeys-0-user": user.pk, "passkeys-0-DELETE": "on"}
    response = superuser.post(user_page(user), {**total, **forged, "passkeys-0-manager": "x"})

    assert response.status_code == 302
    assert list(user.passkeys.values_list("pk", "name")) == [(passkey.pk, "Laptop")]


def test_more_passkeys_take_no_more_queries(superuser, user, user_page, django_assert_num_queries):
    make_passkey(user)
    superuser.get(user_page(user))  # content types are read once
    with CaptureQueriesContext(connection) as few:
        superuser.get(user_page(user))
    for _ in range(10):
        make_passkey(user)
    with django_assert_num_queries(len(few)):
        superuser.get(user_page(user))


def test_a_new_user_has_none_to_show(superuser, user_page):
    assert "passkeys-group" not in page_of(superuser, user_page())


@pytest.mark.parametrize(("permissions", "is_shown"), [((), False), (("view_passkey",), True)])
def test_they_are_shown_to_those_who_may_view_passkeys(user, user_page, permissions, is_shown):
    make_passkey(user)
    clerk = staff_client(f"view_{type(user)._meta.model_name}", *permissions)

    page = page_of(clerk, user_page(user))

    assert ("passkeys-group" in page) is is_shown
    assert ("Laptop" in page) is is_shown
