"""The example project without DEBUG and under a strict policy: WhiteNoise serves files whose names have a hash."""

import os
from pathlib import Path

from tests.browser.strict_settings import *  # noqa: F403
from tests.browser.strict_settings import MIDDLEWARE

DEBUG = False
SECRET_KEY = "tests-only"
ALLOWED_HOSTS = ["localhost"]
PASSKEY_RP_ID = "localhost"
MIDDLEWARE = [MIDDLEWARE[0], "whitenoise.middleware.WhiteNoiseMiddleware", *MIDDLEWARE[1:]]
STATIC_ROOT = Path(os.environ["STATIC_ROOT"])
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
