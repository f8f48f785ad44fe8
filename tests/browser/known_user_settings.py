"""The example's settings for the recipes of docs/how-to/known-user.md."""

from tests.browser.settings import *  # noqa: F403

ROOT_URLCONF = "tests.browser.known_user_urls"
