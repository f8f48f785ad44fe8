"""The suite's settings: the sites of these tests are processes of their own, with tests/servers/settings.py."""

from tests.settings import *  # noqa: F403
