"""An admin site that has users, whatever the user model, and pages to confirm."""

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.urls import include, path, reverse

from tests.conftest import make_user
from tests.support.staff import staff_client

MIDDLEWARE = "passkeys_django.middleware.RemovedPasskeyMiddleware"


def serve(settings):
    """Make the URLs of the default admin anew."""
    patterns = [
        path("admin/", admin.site.urls),
        path("accounts/", include("django.contrib.auth.urls")),
        path("passkeys/", include("passkeys_django.urls")),
        path("", lambda request: HttpResponse("home")),
    ]
    settings.ROOT_URLCONF = type("URLs", (), {"urlpatterns": patterns})


def register(user_admin, settings):
    """Show users on the default admin site with this admin."""
    model = get_user_model()
    admin.site._registry.pop(model, None)
    admin.site.register(model, user_admin)
    serve(settings)


class UserAdmin(admin.ModelAdmin):
    """As a site may have it."""

    fields = ["password"]
    search_fields = ["=email"]
    list_filter = ["is_staff"]


@pytest.fixture(autouse=True)
def users(settings, db):
    """The user model in the default admin; afterwards as before."""
    model = get_user_model()
    before = admin.site._registry.get(model)
    register(UserAdmin, settings)
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    yield model
    admin.site._registry.pop(model, None)
    if before is not None:
        admin.site._registry[model] = before


def user_url(user=None):
    label = f"admin:{get_user_model()._meta.app_label}_{get_user_model()._meta.model_name}"
    return reverse(f"{label}_change", args=[user.pk]) if user else reverse(f"{label}_changelist")


def errand_url(name, user):
    return reverse(f"admin:passkeys_django_{name}", args=[user.pk])


def page_of(client, url, **data):
    response = client.get(url, data)
    assert response.status_code == 200, response
    return response.content.decode()


@pytest.fixture
def desk(users):
    """Support staff who may view users, and view and revoke passkeys."""
    return staff_client(f"view_{users._meta.model_name}", "view_passkey", "delete_passkey", "view_passkeyevent")


@pytest.fixture
def boss(db):
    """Another superuser."""
    return make_user("boss", is_staff=True, is_superuser=True)
