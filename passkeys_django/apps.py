from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.core.checks import Tags, register
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _


class PasskeysConfig(AppConfig):
    name = "passkeys_django"
    verbose_name = _("Passkeys")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import lifecycle
        from .checks import limits as limits_check
        from .checks import logins, policy, static_files
        from .checks import settings as checks
        from .frontend import offers
        from .receivers import enrolment_notices, events, notifications, recovery
        from .sessions import authentication as sessions
        from .sessions import ending

        for check in checks.ALL:
            register(check, Tags.security)
        for check in policy.WITH_DATABASE:
            register(check, Tags.database)
        deployment = (*limits_check.DEPLOYMENT, *static_files.DEPLOYMENT, logins.check_logins)
        for check in (checks.warn_of_providers, *deployment):
            register(check, Tags.security, deploy=True)
        user_logged_in.connect(sessions.record_authentication, dispatch_uid="passkeys_django.session")
        user_logged_in.connect(ending.record_opening, dispatch_uid="passkeys_django.session_opened")
        post_delete.connect(
            lifecycle.remember_removal, sender=self.get_model("Passkey"), dispatch_uid="passkeys_django.removal"
        )
        receivers = (
            *notifications.RECEIVERS,
            *enrolment_notices.RECEIVERS,
            *recovery.RECEIVERS,
            *offers.RECEIVERS,
        )
        for signal, receiver in (*events.RECEIVERS, *receivers):
            signal.connect(receiver, dispatch_uid=f"passkeys_django.{receiver.__name__}")
