"""Settings of the test suite. The environment picks the user model, the database and the cache."""

import os
import tempfile
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).parent

SECRET_KEY = "tests-only"
DEBUG = False
USE_TZ = True
ALLOWED_HOSTS = ["testserver", "localhost"]
ROOT_URLCONF = "tests.urls"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "passkeys_django",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "DIRS": [BASE_DIR / "support" / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "passkeys_django.backends.PasskeyBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = os.environ.get("TEST_USER_MODEL", "auth.User")
if AUTH_USER_MODEL == "accounts.EmailUser":  # beside auth.User its reverse accessors would clash
    INSTALLED_APPS.append("tests.support.accounts")
STATIC_URL = "static/"
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}  # Django 6.1 and later want it

DATABASES: dict[str, dict[str, Any]]
if os.environ.get("TEST_DATABASE") == "postgresql":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ.get("PGDATABASE", "passkeys"),
            "USER": os.environ.get("PGUSER", "passkeys"),
            "PASSWORD": os.environ.get("PGPASSWORD", "passkeys"),
            "HOST": os.environ.get("PGHOST", "127.0.0.1"),
            "PORT": os.environ.get("PGPORT", "5432"),
        }
    }
elif os.environ.get("TEST_DATABASE") == "mariadb":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.mysql",
            "NAME": "passkeys",
            "USER": "passkeys",
            "PASSWORD": "passkeys",
            "HOST": os.environ.get("MARIADB_HOST", "127.0.0.1"),  # or the path of a socket
            "PORT": os.environ.get("MARIADB_PORT", ""),
            "OPTIONS": {"charset": "utf8mb4"},
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": ":memory:",
            "OPTIONS": {"timeout": 30},  # threads that write at once wait for one another
            # A file: in memory, threads would share one cache, whose locks answer at once that they are taken.
            "TEST": {"NAME": Path(tempfile.gettempdir()) / f"passkeys-django-tests-{os.getpid()}.sqlite3"},
        }
    }

if os.environ.get("TEST_REDIS_URL"):
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            # Each process of pytest-xdist clears its cache between tests, so each has a database of its own.
            "LOCATION": f"{os.environ['TEST_REDIS_URL']}/{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')[2:]}",
        }
    }

PASSKEY_RP_ID = "testserver"
PASSKEY_RP_NAME = "Test server"
PASSKEY_ORIGINS = ["https://testserver"]
PASSKEY_RATE_LIMITS = None  # thousands of requests come from one address
PASSKEY_SIGNUP_FORM = "passkeys_django.signup.PasskeySignupForm"
