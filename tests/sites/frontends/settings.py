"""The example project with the built samples of docs/samples. The server and the tests use these settings."""

import sys
from pathlib import Path

from tests.browser.settings import *  # noqa: F403

NODE_MODULES = Path(sys.prefix) / "node_modules"
BUILD = Path(sys.prefix) / "app"
ROOT_URLCONF = "tests.sites.frontends.urls"
