"""An app that replaces the admin site when it starts, as django-unfold does."""

from django.apps import AppConfig
from django.contrib import admin
from django.contrib.admin import sites


class ReplacingConfig(AppConfig):
    name = "tests.support.replaced_admin"

    def ready(self) -> None:
        admin.site = sites.site = ReplacingSite()


class ReplacingSite(admin.AdminSite):
    """A theme's own."""
