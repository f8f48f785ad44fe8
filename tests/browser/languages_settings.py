"""The example's settings in the visitor's language, with the pages that stand alone."""

from tests.browser.settings import *  # noqa: F403
from tests.browser.settings import MIDDLEWARE

SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
MIDDLEWARE = [*MIDDLEWARE]
MIDDLEWARE.insert(MIDDLEWARE.index(SESSIONS) + 1, "django.middleware.locale.LocaleMiddleware")
PASSKEY_BASE_TEMPLATE = None
ROOT_URLCONF = "tests.browser.languages_urls"
