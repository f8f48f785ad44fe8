"""The settings that THEME_SETTINGS names, in a process of its own with a browser before it.

The visitors sign in more often in a minute than people do in a day; there are no limits.
"""

import os
from importlib import import_module

globals().update(vars(import_module(os.environ["THEME_SETTINGS"])))

MIDDLEWARE = [*globals()["MIDDLEWARE"], "passkeys_django.middleware.PasskeyPolicyMiddleware"]
PASSKEY_POLICY = {"staff": {"password": "second-step"}}
