"""Passkeys in an admin site of the site's own, under a name of its own, as docs/admin.md shows it."""

import pytest
from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import get_user_model
from django.urls import include, path

from passkeys_django.admin import PasskeyAdmin, PasskeyEventAdmin, PasskeyInline
from passkeys_django.admin_site import PasskeyAdminSiteMixin, take_passkeys
from passkeys_django.models import Passkey, PasskeyEvent
from tests.conftest import make_passkey

pytestmark = pytest.mark.django_db
LIST = "/staff/passkeys_django/passkey/"


class OurAdmin(PasskeyAdminSiteMixin, admin.AdminSite):
    site_header = "Our own"


class OurUserAdmin(admin.ModelAdmin):
    fields = ["password"]
    inlines = [PasskeyInline]


our_site = OurAdmin(name="staff")
our_site.register(get_user_model(), OurUserAdmin)
our_site.register(Passkey, PasskeyAdmin)
our_site.register(PasskeyEvent, PasskeyEventAdmin)
urlpatterns = [
    path("admin/", admin.site.urls),
    path("staff/", our_site.urls),
    path("passkeys/", include("passkeys_django.urls")),
]


@pytest.fixture(autouse=True)
def _site(settings):
    settings.ROOT_URLCONF = __name__


def page_of(response):
    assert response.status_code == 200
    page = response.content.decode()
    assert "Our own" in page
    assert 'href="/admin/' not in page
    return page


def test_every_page_stays_in_that_site(superuser, user):
    passkey = make_passkey(user)

    assert f'href="{LIST}figures/"' in page_of(superuser.get(LIST))
    assert f'href="{LIST}"' in page_of(superuser.get(f"{LIST}figures/"))
    asked = superuser.post(LIST, {"action": "delete_selected", "_selected_action": [passkey.pk]})
    assert f'href="{LIST}"' in page_of(asked)
    page_of(superuser.get("/staff/passkeys_django/passkeyevent/"))


def test_the_user_page_leads_to_the_passkeys_there(superuser, user):
    passkey = make_passkey(user)
    users = f"/staff/{user._meta.app_label}/{user._meta.model_name}/{user.pk}/change/"

    assert f'href="{LIST}{passkey.pk}/change/"' in page_of(superuser.get(users))
    assert f'href="{users}"' in page_of(superuser.get(f"{LIST}{passkey.pk}/change/"))


def test_revoking_leads_back_to_the_list_there(superuser, user):
    passkey = make_passkey(user)

    response = superuser.post(LIST, {"action": "delete_selected", "_selected_action": [passkey.pk], "post": "yes"})

    assert response["Location"] == LIST
    assert not Passkey.objects.exists()


# A site that another app has made


class TheirForm(AdminAuthenticationForm):
    """As a theme may have it."""


class TheirSite(admin.AdminSite):
    login_form = TheirForm


@pytest.fixture
def login_page(client, settings):
    """Opens the login page of a site."""

    def login_page(site):
        theirs, ours = path("theirs/", site.urls), path("passkeys/", include("passkeys_django.urls"))
        settings.ROOT_URLCONF = type("URLs", (), {"urlpatterns": [theirs, ours]})
        return client.get("/theirs/login/")

    return login_page


def test_the_site_of_another_app_takes_passkeys_with_its_own_form(login_page):
    site = TheirSite()

    take_passkeys(site)

    page = login_page(site)
    assert isinstance(page.context["form"], TheirForm)
    assert "passkey" in page.context["form"].fields
    assert "data-passkey-login" in page.content.decode()
    assert not isinstance(TheirSite(), PasskeyAdminSiteMixin)  # only this site, not its class


def test_its_own_template_stays(login_page):
    site = type("TheirSite", (admin.AdminSite,), {"login_template": "admin/login.html"})()

    take_passkeys(site)

    assert "data-passkey-login" not in login_page(site).content.decode()


def test_a_site_that_takes_passkeys_stays_as_it_is():
    site = OurAdmin()

    take_passkeys(site)

    assert type(site) is OurAdmin


def test_the_form_is_made_once(login_page):
    site = TheirSite()
    take_passkeys(site)

    forms = [type(login_page(site).context["form"]) for _ in range(2)]

    assert forms[0] is forms[1]
