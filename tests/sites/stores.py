"""A database and a cache of the site's own: the suite may be running in those of the environment."""

import os
import tempfile
from pathlib import Path

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "TEST": {"NAME": Path(tempfile.gettempdir()) / f"passkeys-django-sites-{os.getpid()}.sqlite3"},
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
