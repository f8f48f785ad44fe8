"""The admin's login page with passkeys."""

from django.contrib.admin import AdminSite
from django.contrib.auth.forms import AuthenticationForm

from .forms import PasskeyAdminAuthenticationForm


class PasskeyAdminSiteMixin:
    """For a site's own AdminSite. List it before Django's: `class Admin(PasskeyAdminSiteMixin, AdminSite)`."""

    login_form: type[AuthenticationForm] | None = PasskeyAdminAuthenticationForm
    login_template: str | None = "passkeys_django/admin/login.html"


class PasskeyAdminSite(PasskeyAdminSiteMixin, AdminSite):
    """Django's own admin site, with a login page that takes passkeys."""
