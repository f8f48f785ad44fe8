"""What our admins inherit: Django's classes, or django-unfold's on a site with this theme.

Unfold's pages want its own classes. The other themes take Django's.
"""

from django.apps import apps

if apps.is_installed("unfold"):
    from unfold.admin import ModelAdmin, TabularInline
else:
    from django.contrib.admin import ModelAdmin, TabularInline

__all__ = ["ModelAdmin", "TabularInline"]
