"""The check of sites with django-allauth that do not join it with passkeys."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Warning

from ..check_ids import ALLAUTH_ALONE

ROOM = "passkeys_django.contrib.allauth"
URLS_MODULES = ("passkeys_django.urls", f"{ROOM}.urls")


def urls_module() -> str:
    """The URLs that the site includes."""
    everywhere, beside_allauth = URLS_MODULES
    return beside_allauth if apps.is_installed(ROOM) else everywhere


def check_allauth(**_kwargs: Any) -> list[CheckMessage]:
    """Where allauth is installed, a login by passkey goes through it."""
    if not apps.is_installed("allauth.account") or apps.is_installed(ROOM):
        return []
    return [
        Warning(
            "django-allauth is installed, but a login by passkey passes by it: ACCOUNT_EMAIL_VERIFICATION, the "
            "second factor and the hooks of the adapter do not hold.",
            hint=f"Add {ROOM!r} to INSTALLED_APPS, before allauth's apps; docs/how-to/beside-django-allauth.md "
            "has all steps. Silence this check if people do not sign in at allauth.",
            id=ALLAUTH_ALONE,
        )
    ]
