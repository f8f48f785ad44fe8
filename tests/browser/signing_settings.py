"""The example's settings in the visitor's language, with more to sign, and our pages standing alone."""

from tests.browser.languages_settings import *  # noqa: F403

ROOT_URLCONF = "tests.browser.signing_urls"
