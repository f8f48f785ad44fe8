"""Other packages that ask for a second step, too."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Warning

from ...check_ids import POLICY_BESIDE_OTHER_SECOND_STEP
from .setting import asks_second_step

OTHERS = {"django_otp": "django-otp", "allauth.mfa": "allauth.mfa"}


def check_neighbours(**_kwargs: Any) -> list[CheckMessage]:
    """The site knows who asks whom, if two packages ask for a second step."""
    found = [name for app, name in OTHERS.items() if apps.is_installed(app)] if asks_second_step() else []
    return [_asked_twice(name) for name in found]


def _asked_twice(name: str) -> CheckMessage:
    return Warning(
        f"PASSKEY_POLICY and {name} both ask for a second step after the password. PASSKEY_POLICY asks people who "
        f"have a passkey or a security key here, and {name} asks people who have set up a code there: people who "
        "have both are asked twice.",
        hint=f"Let PASSKEY_LOGIN_METHOD answer 'other' for logins in which {name} has asked, or leave the second "
        "step to one of the two. If people shall be asked twice, silence this check.",
        id=POLICY_BESIDE_OTHER_SECOND_STEP,
    )
