"""The app config to list in INSTALLED_APPS in place of `django.contrib.admin`."""

from django.contrib.admin.apps import AdminConfig


class PasskeyAdminConfig(AdminConfig):
    """Django's admin, whose login page accepts passkeys, and passwords as before. Nothing else is changed."""

    default_site = "passkeys_django.admin_site.PasskeyAdminSite"
