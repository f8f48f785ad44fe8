"""The same site as Chromium sees it, at localhost with a database of its own: `test_in_chromium.py`."""

import os

from tests.sites.wagtail.settings import *  # noqa: F403
from tests.sites.wagtail.settings import DATABASES

DEBUG = True
PASSKEY_RP_ID = None
PASSKEY_ORIGINS = ()
PASSKEY_CONFIRM_METHOD = "any"  # each test has a new authenticator, but the editor is the same
DATABASES = {"default": {**DATABASES["default"], "NAME": os.environ["DATABASE_URL"].removeprefix("sqlite:///")}}
