from tests.sites.admin_themes.base import *  # noqa: F403
from tests.sites.admin_themes.base import apps

INSTALLED_APPS = [*apps("unfold"), "tests.sites.admin_themes.unfold_users"]
