"""All that holds for Wagtail 8 holds for Wagtail 7."""

from tests.sites.wagtail.test_docs_wagtail import *  # noqa: F403
from tests.sites.wagtail.test_policy import *  # noqa: F403
from tests.sites.wagtail.test_wagtail_admin import *  # noqa: F403
from tests.sites.wagtail.test_wagtail_checks import *  # noqa: F403
from tests.sites.wagtail.test_wagtail_login import *  # noqa: F403
