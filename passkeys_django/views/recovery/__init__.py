"""The pages of people who prepare for the loss of their passkey, or have lost it."""

from django.http import Http404

from ...conf import passkey_settings


def require_codes() -> None:
    """Raises Http404 on a site without recovery codes."""
    if not passkey_settings.recovery_codes:
        raise Http404("PASSKEY_RECOVERY_CODES is off")
