from django.apps import AppConfig, apps
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _

from ...signals import seeking_way_in


class AllauthConfig(AppConfig):
    name = "passkeys_django.contrib.allauth"
    label = "passkeys_django_allauth"
    verbose_name = _("Passkeys")

    def ready(self) -> None:
        from . import checks

        register(checks.check_apps, Tags.security)
        if not apps.is_installed("allauth.account"):
            return  # the check reports it
        from allauth.account.signals import authentication_step_completed, user_logged_in

        from ...policy.parking import released
        from .confirmation import freshen
        from .login import record_passkey
        from .user_sessions import list_session
        from .ways_in import has_way_in

        for check in checks.BESIDE_ALLAUTH:
            register(check, Tags.security)
        seeking_way_in.connect(has_way_in, dispatch_uid="passkeys_django.allauth")
        authentication_step_completed.connect(freshen, dispatch_uid="passkeys_django.allauth")
        user_logged_in.connect(record_passkey, dispatch_uid="passkeys_django.allauth")
        released.connect(list_session, dispatch_uid="passkeys_django.allauth")
