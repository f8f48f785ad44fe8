"""A site with django-allauth, and at the end what docs/how-to/beside-django-allauth.md says."""

import re
from pathlib import Path

from tests import settings as suite
from tests.settings import *  # noqa: F403
from tests.sites.stores import CACHES, DATABASES  # noqa: F401

PAGE = Path(__file__).parents[3] / "docs/how-to/beside-django-allauth.md"
BLOCKS = re.findall(r"^ *```python\n(.*?)^ *```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)

ROOT_URLCONF = "tests.sites.allauth.urls"
INSTALLED_APPS = [
    *(app for app in suite.INSTALLED_APPS if app != "passkeys_django"),
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.dummy",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.headless",
]
MIDDLEWARE = [*suite.MIDDLEWARE, "allauth.account.middleware.AccountMiddleware"]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_RATE_LIMITS = False
SOCIALACCOUNT_PROVIDERS = {"google": {"APP": {"client_id": "id", "secret": "of-google", "key": ""}}}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
PASSKEY_SIGNUP_FORM = None

exec(re.sub(r"^    ", "", BLOCKS[0], flags=re.MULTILINE))
