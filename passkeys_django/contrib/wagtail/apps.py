from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _

from . import checks


class PasskeysWagtailConfig(AppConfig):
    name = "passkeys_django.contrib.wagtail"
    label = "passkeys_django_wagtail"
    verbose_name = _("Passkeys")

    def ready(self) -> None:
        for check in checks.ALL:
            register(check, Tags.security)
