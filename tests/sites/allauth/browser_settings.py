"""The site with e-mail addresses as a real process on localhost."""

import os

import django

from tests.sites.allauth.settings_email_user import *  # noqa: F403

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
