"""The example's settings for tests of outages, which cannot wait as long as a site can."""

from tests.browser.settings import *  # noqa: F403
from tests.browser.settings import PASSKEY_PROVIDERS, env

PASSKEY_PROVIDERS["default"]["OPTIONS"] |= {
    "read_timeout": env.float("READ_TIMEOUT"),
    "pause_after_failure": env.float("PAUSE_AFTER_FAILURE"),
}
