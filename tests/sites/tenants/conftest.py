"""Two tenants on a real PostgreSQL, and browsers at their domains."""

import re
import signal

import pytest
from django.conf import settings
from django.db import connections
from django_tenants.utils import schema_context

from tests.conftest import make_user
from tests.servers.services import PostgreSQL, open_folder
from tests.sites.browser_at import BrowserAt

OF_OWN_ACCOUNTS = ["test_own_accounts.py", "test_second_step.py"]
collect_ignore = ["test_shared_accounts.py"] if "passkeys_django" in settings.TENANT_APPS else OF_OWN_ACCOUNTS


class TenantsBrowser(BrowserAt):
    """A browser at the domain of a tenant."""

    def __init__(self, tenant, authenticator=None):
        super().__init__(f"{tenant}.example.com", authenticator)
        self.tenant = tenant

    def sign_in(self, user):
        with schema_context(self.tenant):
            return super().sign_in(user)

    def login_with(self, credential_id):
        """Sign in with the passkey that the person chooses in the browser."""
        return self.post(
            "finalize-login", self.authenticator.get(self.request_options(), credential_id=credential_id)
        )

    @property
    def user_id(self):
        with schema_context(self.tenant):
            return super().user_id


@pytest.fixture(scope="session")
def postgresql():
    with open_folder() as folder:
        server = PostgreSQL(folder)
        server.start()
        try:
            yield server
        finally:
            connections.close_all()
            server.stop(signal.SIGINT)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(postgresql):
    connections["default"].settings_dict |= {"HOST": "127.0.0.1", "PORT": postgresql.port}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Beside the public schema, those of two tenants."""
    from tests.sites.tenants.customers.models import Customer, Domain

    with django_db_blocker.unblock():
        for name in ("red", "blue"):
            tenant = Customer.objects.create(schema_name=name, name=name)
            Domain.objects.create(domain=f"{name}.example.com", tenant=tenant)


@pytest.fixture(autouse=True)
def _public_schema(db):
    """A request leaves the connection at its tenant."""
    with schema_context("public"):
        yield


@pytest.fixture
def account():
    """A function that makes user 1 of a tenant, and a browser there in which this person has just signed in."""

    def make(tenant, authenticator=None):
        with schema_context(tenant):
            user = make_user(id=1)
        return TenantsBrowser(tenant, authenticator).sign_in(user)

    return make


@pytest.fixture
def figures():
    """A function: how many users of how many have a passkey, as the admin of this tenant shows it to its staff."""

    def read(tenant):
        with schema_context(tenant):
            user = make_user("root", id=2, is_staff=True, is_superuser=True)
        page = TenantsBrowser(tenant).sign_in(user).client.get("/admin/passkeys_django/passkey/figures/")
        return re.search(r"Users with a passkey: (.*)\.<", page.content.decode())[1]

    return read


@pytest.fixture
def red(account):
    """Ada, signed in at red, where she has a passkey."""
    browser = account("red")
    assert browser.register().status_code == 201
    return browser


@pytest.fixture
def blue(red):
    """The same person at blue, where she has an account only if all tenants share their accounts."""
    return TenantsBrowser("blue", red.authenticator)
