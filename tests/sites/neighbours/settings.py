"""The suite's settings with packages that see each request, each set up as its manual says."""

import os
import tempfile
from pathlib import Path

from tests.docs.how_to.pages import Page
from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, MIDDLEWARE
from tests.sites.stores import CACHES, DATABASES  # noqa: F401

ROOT_URLCONF = "tests.sites.neighbours.urls"
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django.contrib.sites",
    "captcha",
    "debug_toolbar",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "easyaudit",
    "simple_history",
    "tests.sites.neighbours.audit",
]
MIDDLEWARE = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    *MIDDLEWARE,
    "django.contrib.sites.middleware.CurrentSiteMiddleware",
    "easyaudit.middleware.easyaudit.EasyAuditMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]
SITE_ID = 1
STATIC_URL = "/static/"
STATIC_ROOT = Path(tempfile.gettempdir()) / f"passkeys-django-neighbours-{os.getpid()}-static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DEBUG_TOOLBAR_CONFIG = {
    "IS_RUNNING_TESTS": False,
    "SHOW_TOOLBAR_CALLBACK": lambda request: "HTTP_X_TOOLBAR" in request.META,
}
globals().update(Page("audit-and-alerts").settings("settings.py: django-easy-audit"))
