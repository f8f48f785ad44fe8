"""The site with e-mail addresses as a real process on localhost."""

import os

import django

from tests.sites.allauth.settings_email_user import *  # noqa: F403
from tests.sites.allauth.settings_email_user import MIDDLEWARE

DEBUG = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["DATABASE_URL"].removeprefix("sqlite:///"),
        "OPTIONS": {"timeout": 30},
    }
}
ROOT_URLCONF = "tests.sites.allauth.urls"
PASSKEY_RP_ID = PASSKEY_ORIGINS = None
ACCOUNT_SIGNUP_REDIRECT_URL = "/passkeys/"
if django.VERSION < (6, 1):
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
_place = MIDDLEWARE.index("django.contrib.auth.middleware.AuthenticationMiddleware") + 1
MIDDLEWARE = [*MIDDLEWARE[:_place], "passkeys_django.middleware.PasskeyPolicyMiddleware", *MIDDLEWARE[_place:]]
PASSKEY_POLICY = "tests.sites.allauth.browser_settings.policy"


def policy(user):
    """A second step for people whose address says so."""
    return {"password": "second-step" if user.email.startswith("two-steps-") else "allowed"}
