"""The example's settings, with a policy that requires a passkey of everybody."""

from tests.browser.settings import *  # noqa: F403

PASSKEY_POLICY = {"everybody": {"passkey": "required"}}
