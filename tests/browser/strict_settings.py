"""The example's settings under a strict Content Security Policy."""

from tests.browser.settings import *  # noqa: F403
from tests.browser.settings import MIDDLEWARE

MIDDLEWARE = [*MIDDLEWARE, "tests.browser.strict_csp.strict_csp"]
