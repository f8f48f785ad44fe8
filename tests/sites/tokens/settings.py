"""The suite's settings with the packages for APIs, set up as their manuals say."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS
from tests.sites.stores import CACHES, DATABASES  # noqa: F401

INSTALLED_APPS = [*INSTALLED_APPS, "rest_framework", "rest_framework.authtoken", "knox", "ninja", "ninja_jwt"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
SIMPLE_JWT = NINJA_JWT = {"SIGNING_KEY": "a key of its own, as long as the algorithm wants it"}
