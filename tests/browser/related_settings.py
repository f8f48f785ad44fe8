"""The example's settings with those for pages of other domains, as docs/how-to/related-origins.md shows them."""

import re
from pathlib import Path

from tests.browser.settings import *  # noqa: F403

PAGE = (Path(__file__).resolve().parents[2] / "docs/how-to/related-origins.md").read_text(encoding="utf-8")
exec(re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[1])
ALLOWED_HOSTS = ["*"]
# Something in front of Django speaks TLS, and does not say so.
CSRF_TRUSTED_ORIGINS = [*PASSKEY_ORIGINS, *PASSKEY_RELATED_ORIGINS, "https://example.net"]  # noqa: F405
ROOT_URLCONF = "tests.browser.related_urls"
