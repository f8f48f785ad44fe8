"""The same in a real browser."""

from tests.sites.wagtail.test_in_chromium import *  # noqa: F403
