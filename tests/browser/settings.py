"""The example's settings for visitors who sign in more often in a minute than people do in a day."""

from example_project.settings import *  # noqa: F403

PASSKEY_RATE_LIMITS = None
