"""The app config to list in INSTALLED_APPS in place of `django.contrib.admin`."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig


class PasskeyAdminConfig(AdminConfig):
    """Django's admin, whose login page accepts passkeys, and passwords as before. Nothing else is changed."""

    default_site = "passkeys_django.admin_site.PasskeyAdminSite"

    def ready(self) -> None:
        """Change the login page also if an app listed before has replaced the site, as django-unfold does."""
        from .admin_site import take_passkeys

        take_passkeys(admin.site)
        super().ready()
