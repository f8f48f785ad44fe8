"""The example's settings in the visitor's language, with more to sign."""

from tests.browser.languages_settings import *  # noqa: F403

PASSKEY_BASE_TEMPLATE = "base.html"
ROOT_URLCONF = "tests.browser.signing_urls"
