"""The same site as a real process on localhost, in the user's time and language."""

import os

import django

from tests.sites.allauth.settings import *  # noqa: F403

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
