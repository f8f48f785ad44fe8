"""Tenants that each have their own accounts, as docs/how-to/several-sites-one-rp-id.md says."""

from tests.docs.how_to.pages import Page
from tests.settings import *  # noqa: F403
from tests.settings import MIDDLEWARE

PAGE = Page("several-sites-one-rp-id")


def shown(title):
    """The settings in this block of the page."""
    names = {}
    exec(PAGE.block(f"settings.py: {title}").replace('"customers"', '"tests.sites.tenants.customers"'), names)
    return names


def origin_of_the_tenant():
    names = {}
    exec(PAGE.block("shop/origins.py"), names)
    return names["OriginOfTheTenant"]()


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

ALLOWED_HOSTS = [".example.com"]
PASSKEY_RP_ID = "example.com"
PASSKEY_ORIGINS = origin_of_the_tenant()
