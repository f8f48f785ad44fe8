"""The example's settings with those for a front end on another origin, as the docs show them."""

import os

from tests.browser.front_ends_page import shown
from tests.browser.settings import *  # noqa: F403

exec(shown("python", api=os.environ["API_ORIGIN"], app=os.environ["APP_ORIGIN"])[1])
CORS_ALLOWED_ORIGINS = [*CORS_ALLOWED_ORIGINS, os.environ["OTHER_SITE"]]  # noqa: F405
CSRF_TRUSTED_ORIGINS = [*CSRF_TRUSTED_ORIGINS, os.environ["OTHER_SITE"]]  # noqa: F405
ROOT_URLCONF = "tests.browser.front_ends_urls"
