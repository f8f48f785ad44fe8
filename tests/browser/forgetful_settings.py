"""The example's settings for tests of "Confirm it's you", which cannot wait five minutes."""

from example_project.settings import *  # noqa: F403

PASSKEY_REAUTHENTICATION_AGE = 4
