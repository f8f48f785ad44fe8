"""The example's settings with those that docs/how-to/protocol-of-your-own.md shows."""

import os

from tests.browser.settings import *  # noqa: F403
from tests.docs.how_to.pages import Page

shown = Page("protocol-of-your-own").block("settings.py")
exec(shown.replace("http://localhost:5173", os.environ["FRONT_END"]))
ROOT_URLCONF = "tests.browser.solid_guide_urls"
