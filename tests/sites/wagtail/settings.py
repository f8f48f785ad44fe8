"""The suite's settings with Wagtail, set up as by `wagtail start` and by docs/how-to/wagtail.md."""

import tempfile

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, MIDDLEWARE
from tests.sites.stores import CACHES, DATABASES  # noqa: F401

ROOT_URLCONF = "tests.sites.wagtail.urls"
INSTALLED_APPS = [
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    *INSTALLED_APPS,
    "passkeys_django.contrib.wagtail",
]
MIDDLEWARE = [*MIDDLEWARE, "wagtail.contrib.redirects.middleware.RedirectMiddleware"]
WAGTAIL_SITE_NAME = "Test site"
WAGTAILADMIN_BASE_URL = "https://testserver"
WAGTAIL_ENABLE_UPDATE_CHECK = False  # no page of these tests asks another server
WAGTAIL_GRAVATAR_PROVIDER_URL = None
MEDIA_ROOT, MEDIA_URL = tempfile.gettempdir(), "/media/"

LOGIN_URL = "wagtailadmin_login"
LOGIN_REDIRECT_URL = "wagtailadmin_home"
WAGTAIL_FRONTEND_LOGIN_URL = "/accounts/login/"
PASSKEY_BASE_TEMPLATE = "passkeys_django/wagtail/base.html"
