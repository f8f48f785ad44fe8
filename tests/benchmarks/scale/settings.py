"""Settings of the large site: our site of `make bench-peers` with the admin, in a schema of its own."""

import os

import django

os.environ |= {"SITE": "passkeys_django", "TEST_DATABASE": "postgresql"}
from tests.benchmarks.peers.settings import *  # noqa: F403
from tests.benchmarks.peers.settings import DATABASES, INSTALLED_APPS
from tests.benchmarks.scale.size import HELD

INSTALLED_APPS = ["django.contrib.admin", "django.contrib.staticfiles", *INSTALLED_APPS]
ROOT_URLCONF = "tests.benchmarks.scale.urls"
STATIC_URL = "static/"
USE_TZ = True
PASSKEY_RATE_LIMITS = None
PASSKEY_PROVIDERS = {"default": {"PROVIDER": "passkeys_django.providers.embedded.EmbeddedProvider"}} | {
    name: {"PROVIDER": "tests.benchmarks.scale.copies.Copies", "OPTIONS": {"identity": name}} for name in HELD
}
PASSKEY_EVENT_RETENTION = 180
DATABASES["default"]["OPTIONS"] |= {"options": "-c search_path=peers_scale"}
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
