"""The same site with a UUID as primary key of its users, and an e-mail address as their name."""

from tests.sites.impersonation.settings import *  # noqa: F403
from tests.sites.impersonation.settings import INSTALLED_APPS

AUTH_USER_MODEL = "accounts.EmailUser"
INSTALLED_APPS = [*INSTALLED_APPS, "tests.support.accounts"]
