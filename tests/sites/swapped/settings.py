"""The example project, with packages that swap its pages. The server and the tests use these settings."""

import sys
from pathlib import Path

from tests.browser.settings import *  # noqa: F403
from tests.browser.settings import MIDDLEWARE, TEMPLATES

HERE = Path(__file__).parent
NODE_MODULES = Path(sys.prefix) / "node_modules"
ROOT_URLCONF = "tests.sites.swapped.urls"
MIDDLEWARE = [*MIDDLEWARE, "tests.sites.swapped.pages.with_package"]
TEMPLATES = [{**TEMPLATES[0], "DIRS": [HERE / "templates", *TEMPLATES[0]["DIRS"]]}]
PASSKEY_POLICY = "tests.sites.swapped.pages.policy"
