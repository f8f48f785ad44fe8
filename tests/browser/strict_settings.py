"""The example's settings under a strict Content Security Policy."""

from example_project.settings import *  # noqa: F403
from example_project.settings import MIDDLEWARE

MIDDLEWARE = [*MIDDLEWARE, "tests.browser.strict_csp.strict_csp"]
