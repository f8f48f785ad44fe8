"""Tenants that each have their own accounts, as docs/how-to/several-sites-one-rp-id.md says."""

from tests.docs.how_to.pages import Page
from tests.settings import *  # noqa: F403
from tests.settings import MIDDLEWARE

PAGE = Page("several-sites-one-rp-id")


OURS = {'"customers"': '"tests.sites.tenants.customers"', "from shop.origins import OriginOfTheTenant\n": ""}


def shown(title):
    """The settings in this block of the page; `shop.origins` is the page's own block."""
    names, text = {}, PAGE.block("shop/origins.py") + PAGE.block(f"settings.py: {title}")
    for theirs, ours in OURS.items():
        text = text.replace(theirs, ours)
    exec(text, names)
    return {name: value for name, value in names.items() if name.isupper()}


APPS = shown("accounts in each tenant")
SHARED_APPS, TENANT_APPS = APPS["SHARED_APPS"], APPS["TENANT_APPS"]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
TENANT_MODEL, TENANT_DOMAIN_MODEL = "customers.Customer", "customers.Domain"
MIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware", *MIDDLEWARE]
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DATABASES = {"default": {"ENGINE": "django_tenants.postgresql_backend", "NAME": "site", "USER": "passkeys"}}
CACHES = {
    "default": shown("cache")["CACHES"]["default"] | {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

globals().update(shown("origins"))
