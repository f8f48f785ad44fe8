"""Passkeys in an admin site of the site's own, under a name of its own, as docs/admin.md shows it."""

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import include, path

from passkeys_django.admin import PasskeyAdmin, PasskeyEventAdmin, PasskeyInline
from passkeys_django.admin_site import PasskeyAdminSiteMixin
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
