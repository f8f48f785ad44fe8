"""The suite's settings with an admin theme, set up as docs/how-to/admin-themes.md says.

Each settings module names its theme. This app stands first, before the theme: its place must not matter.
"""

import os

import environ
from django.conf import global_settings

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, MIDDLEWARE
from tests.sites.stores import CACHES, DATABASES  # noqa: F401

ROOT_URLCONF = "tests.sites.admin_themes.urls"
MIDDLEWARE = [*MIDDLEWARE, "django.middleware.clickjacking.XFrameOptionsMiddleware"]

if "DATABASE_URL" in os.environ:  # a process of its own, with a browser before it
    DEBUG = True
    DATABASES = {"default": environ.Env().db_url("DATABASE_URL")}
    PASSKEY_RP_ID = PASSKEY_ORIGINS = None
    PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS  # as in the settings with which the staff are added


def apps(*theme: str) -> list[str]:
    """The suite's apps below the theme, with the admin that takes passkeys."""
    others = [app for app in INSTALLED_APPS if app not in ("django.contrib.admin", "passkeys_django")]
    return ["passkeys_django", *theme, "passkeys_django.admin_config.PasskeyAdminConfig", *others]
