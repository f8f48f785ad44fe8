"""A policy that asks for a second step after the password, and a page that signs people in as after a password."""

from tests.browser.two_steps_settings import *  # noqa: F403

ROOT_URLCONF = "tests.browser.waiting_urls"
