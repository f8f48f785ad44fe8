"""Stands in INSTALLED_APPS in place of `django.contrib.admin`."""

from django.contrib.admin.apps import AdminConfig


class PasskeyAdminConfig(AdminConfig):
    """Django's admin as it is, but for its login page: it takes passkeys, and passwords as before."""

    default_site = "passkeys_django.admin_site.PasskeyAdminSite"
