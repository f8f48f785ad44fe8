"""The same site with the newest Wagtail 7."""

from tests.sites.wagtail.settings import *  # noqa: F403
