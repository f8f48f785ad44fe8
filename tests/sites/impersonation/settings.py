"""The suite's settings with the packages with which people act as others, set up as their manuals say.

Each test adds the middleware of its package.
"""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS
from tests.sites.stores import CACHES, DATABASES  # noqa: F401

ROOT_URLCONF = "tests.sites.impersonation.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "hijack", "impersonate", "loginas", "rest_framework", "knox"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.BasicAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ]
}
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
