from tests.sites.admin_themes.settings_unfold import *  # noqa: F403
from tests.sites.admin_themes.settings_unfold import INSTALLED_APPS

AUTH_USER_MODEL = "accounts.EmailUser"
INSTALLED_APPS = [*INSTALLED_APPS, "tests.support.accounts"]
