"""The example with the classes that docs/templates.md shows for `LOOK` (bootstrap or tailwind), or unstyled.

The frameworks' own stylesheets are not part of this project. To see the look, put bootstrap.css and
tailwind.css into screenshots/frameworks/. Without them, the pages have the classes only.
"""

import os
import re
import tempfile
from pathlib import Path

from tests.browser.settings import *  # noqa: F403
from tests.browser.settings import BASE_DIR, STATICFILES_DIRS, TEMPLATES

LOOK = os.environ["LOOK"]
FRAMEWORKS = BASE_DIR / "screenshots" / "frameworks"
LINK = '{% load static %}<link rel="stylesheet" href="{% static "LOOK.css" %}">'.replace("LOOK", LOOK)

own = Path(tempfile.mkdtemp()) / "passkeys_django"
own.mkdir()
(own / "stylesheet.html").write_text("" if LOOK == "unstyled" else LINK)
if LOOK != "unstyled":
    page = (BASE_DIR / "docs" / "templates.md").read_text()
    (own / "classes.html").write_text(re.search(rf"```classes-{LOOK}\n(.*?)```", page, re.DOTALL)[1])
    FRAMEWORKS.mkdir(parents=True, exist_ok=True)
    STATICFILES_DIRS = [*STATICFILES_DIRS, FRAMEWORKS]
TEMPLATES = [{**TEMPLATES[0], "DIRS": [own.parent, *TEMPLATES[0]["DIRS"]]}]
PASSKEY_BASE_TEMPLATE = None
ROOT_URLCONF = "tests.browser.languages_urls"
