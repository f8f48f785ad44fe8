"""The example's settings, with a policy that asks everybody for a second step after the password."""

from tests.browser.settings import *  # noqa: F403

PASSKEY_POLICY = {"everybody": {"password": "second-step"}}
