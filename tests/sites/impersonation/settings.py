"""The suite's settings with the packages with which people act as others, set up as their manuals say.

Each test adds the middleware of its package.
"""

import os
import tempfile
from pathlib import Path

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

ROOT_URLCONF = "tests.sites.impersonation.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "hijack", "impersonate", "loginas", "rest_framework", "knox"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.BasicAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ]
}
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
DATABASES = {  # of its own: the suite may be running in that of the environment
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "TEST": {"NAME": Path(tempfile.gettempdir()) / f"passkeys-django-sites-{os.getpid()}.sqlite3"},
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
