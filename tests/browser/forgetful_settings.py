"""The example's settings for tests of "Confirm it's you", which cannot wait until a login is old."""

from example_project.settings import *  # noqa: F403

ROOT_URLCONF = "tests.browser.forgetful_urls"
