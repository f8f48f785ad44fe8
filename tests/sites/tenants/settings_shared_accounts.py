"""Tenants that share their accounts, as docs/how-to/several-sites-one-rp-id.md says."""

from tests.sites.tenants.settings import *  # noqa: F403
from tests.sites.tenants.settings import shown

APPS = shown("shared accounts")
SHARED_APPS, TENANT_APPS = APPS["SHARED_APPS"], APPS["TENANT_APPS"]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
