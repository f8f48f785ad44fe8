"""The same site with a UUID as primary key of its users, and an e-mail address as their name."""

from tests.sites.allauth.settings import *  # noqa: F403
from tests.sites.allauth.settings import INSTALLED_APPS

AUTH_USER_MODEL = "accounts.EmailUser"
INSTALLED_APPS = [*INSTALLED_APPS, "tests.support.accounts"]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
