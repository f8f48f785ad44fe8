"""Every method of both clients against the fake on a port, with real ceremonies."""

import base64
import inspect
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from uuid import UUID

import pytest

from passkeys_django.hanko import (
    Configuration,
    HankoAdminClient,
    HankoClient,
    HankoConflict,
    HankoInvalidKey,
    HankoNotFound,
    HankoServerError,
    HankoTenantNotFound,
    Health,
    RelyingParty,
)
from passkeys_django.testing import SoftwareAuthenticator
from passkeys_django.testing.hanko import FakeHanko, serve

ORIGIN = "http://localhost:8080"
CONFIGURATION = Configuration(relying_party=RelyingParty(id="localhost", display_name="Demo", origins=(ORIGIN,)))


class Called:
    """A client that remembers which of its methods were called."""

    def __init__(self, client):
        self.client = client
        self.names = set()

    def __getattr__(self, name):
        self.names.add(name)
        return getattr(self.client, name)

    def not_called(self):
        methods = inspect.getmembers(type(self.client), inspect.isfunction)
        return {name for name, _method in methods if not name.startswith("_")} - self.names


class Site:
    """A tenant that was made by the admin client, and a client for it."""

    def __init__(self, public_url, admin_url):
        self.admin = Called(HankoAdminClient(admin_url=admin_url))
        self.created = self.admin.create_tenant(
            display_name="Demo", configuration=CONFIGURATION, create_api_key=True
        )
        self.tenant_id = self.created.id
        self.client = Called(
            HankoClient(tenant_id=str(self.tenant_id), api_key=self.created.api_key.secret, base_url=public_url)
        )

    @cached_property
    def authenticator(self):
        return SoftwareAuthenticator(origin=ORIGIN)

    def register(self, user_id="ada-1"):
        options = self.client.start_registration(user_id=user_id, username=f"{user_id}@example.com")
        credential = self.authenticator.create(options)
        return credential["id"], self.client.finalize_registration(credential=credential)

    def user(self, user_id="ada-1"):
        return next(user for user in self.admin.list_users(tenant_id=self.tenant_id) if user.user_id == user_id)


@pytest.fixture
def fake():
    fake = FakeHanko()
    yield fake
    assert fake.errors == []


@pytest.fixture
def site(fake):
    with serve(fake) as public, serve(fake, admin=True) as admin:
        yield Site(public.url, admin.url)


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def passkeys(site):
    client = site.client
    credential_id, token = site.register()
    assert (claims(token)["sub"], claims(token)["cred"]) == ("ada-1", credential_id)
    for options in (client.start_login(), client.start_login(user_id="ada-1")):
        token = client.finalize_login(credential=site.authenticator.get(options))
        assert claims(token)["sub"] == "ada-1"
    return credential_id


def second_factors(site):
    client = site.client
    options = client.start_mfa_registration(user_id="ada-1", username="ada", display_name="Ada")
    credential = site.authenticator.create(options)
    client.finalize_mfa_registration(credential=credential)
    options = client.start_mfa_login(user_id="ada-1")
    assert len(options["publicKey"]["allowCredentials"]) == 2
    answer = site.authenticator.get(options, credential_id=credential["id"])
    assert claims(client.finalize_mfa_login(credential=answer))["cred"] == credential["id"]
    return credential["id"]


def transactions(site):
    client = site.client
    start = {"user_id": "ada-1", "transaction_id": "order-1", "transaction_data": {"b": 1, "a": ["é", None]}}
    options = client.start_transaction(**start)
    answer = site.authenticator.get(options, user_handle=None)
    token = client.finalize_transaction(credential=answer, user_id="ada-1")
    assert claims(token)["trans"] == "order-1"
    with pytest.raises(HankoConflict):
        client.start_transaction(**start)
    (transaction,) = client.list_transactions(internal_user_id=site.user().id)
    assert (transaction.identifier, transaction.data) == ("order-1", '{"a":["é",null],"b":1}')


def credentials(site, passkey_id, factor_id):
    client = site.client
    listed = list(client.list_credentials(user_id="ada-1", per_page=1))
    assert [(item.id, item.is_mfa) for item in listed] == [(passkey_id, False), (factor_id, True)]
    client.rename_credential(factor_id, name="Security key")
    assert client.get_credential(factor_id).name == "Security key"
    client.delete_credential(factor_id)
    with pytest.raises(HankoNotFound):
        client.get_credential(factor_id)


def logs(site):
    everything = list(site.client.list_audit_logs(per_page=3))
    assert everything == list(site.admin.list_audit_logs(tenant_id=site.tenant_id))
    assert [entry.type for entry in everything][:2] == [
        "webauthn_credential_deleted",
        "webauthn_credential_updated",
    ]
    (finished,) = site.client.list_audit_logs(types=["webauthn_transaction_final_succeeded"])
    assert (finished.actor_user_id, finished.transaction_id) == ("ada-1", "order-1")
    ago, soon = datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC) + timedelta(hours=1)
    assert len(list(site.client.list_audit_logs(start_time=ago, end_time=soon))) == len(everything)
    assert list(site.client.list_audit_logs(start_time=soon)) == []


def tenants(site):
    admin, tenant_id = site.admin, site.tenant_id
    assert [tenant.id for tenant in admin.list_tenants()] == [tenant_id]
    admin.update_tenant(tenant_id=tenant_id, display_name="Renamed")
    tenant = admin.get_tenant(tenant_id=tenant_id)
    webauthn = replace(tenant.configuration.webauthn, timeout=30_000, attachment="platform")
    changed = replace(tenant.configuration, webauthn=webauthn)
    admin.update_configuration(tenant_id=tenant_id, configuration=changed)
    tenant = admin.get_tenant(tenant_id=str(tenant_id))
    assert (tenant.display_name, tenant.configuration) == ("Renamed", changed)
    assert site.client.start_login()["publicKey"]["timeout"] == 30_000


def secrets(site):
    admin, tenant_id = site.admin, site.tenant_id
    key = admin.create_secret(tenant_id=tenant_id, kind="api", name="second")
    client = HankoClient(tenant_id=str(tenant_id), api_key=key.secret, base_url=site.client.base_url)
    assert list(client.list_credentials())
    assert [item.name for item in admin.list_secrets(tenant_id=tenant_id, kind="api")] == [
        "Initial API Key",
        "second",
    ]
    admin.delete_secret(tenant_id=tenant_id, kind="api", secret_id=key.id)
    with pytest.raises(HankoInvalidKey):
        list(client.list_credentials())
    admin.create_secret(tenant_id=tenant_id, kind="jwk", name="rotation")
    assert len(site.client.jwks()) == 2


def users(site):
    admin, tenant_id = site.admin, site.tenant_id
    site.register("grace-1")
    assert [user.user_id for user in admin.list_users(tenant_id=tenant_id, per_page=1)] == ["ada-1", "grace-1"]
    details = admin.get_user(tenant_id=tenant_id, internal_user_id=site.user().id)
    assert (len(details.credentials), len(details.transactions)) == (1, 1)
    admin.delete_user(tenant_id=tenant_id, internal_user_id=details.id)
    assert [user.user_id for user in admin.list_users(tenant_id=tenant_id)] == ["grace-1"]


def test_every_method(site):
    assert site.client.is_alive()
    assert site.admin.is_alive()
    assert site.admin.health() == Health(alive=True, ready=True)
    assert "hanko_requests_total" in site.admin.metrics()
    passkey_id = passkeys(site)
    factor_id = second_factors(site)
    transactions(site)
    credentials(site, passkey_id, factor_id)
    logs(site)
    tenants(site)
    secrets(site)
    users(site)
    site.admin.delete_tenant(tenant_id=site.tenant_id)
    with pytest.raises(HankoTenantNotFound):
        site.client.start_login()
    assert site.client.not_called() == set()
    assert site.admin.not_called() == set()


def test_an_audit_log_that_grows_while_it_is_read_is_read_once_and_whole(site):
    for _ in range(5):
        site.client.start_login()
    found = site.client.list_audit_logs(per_page=2)
    read = [next(found)]
    for entry in found:
        site.client.start_login()
        read.append(entry)
    assert len(read) == 5
    assert len({entry.id for entry in read}) == 5


def test_deleting_the_first_jwk_secret_breaks_the_tenant_for_good(site):
    """Why delete_secret insists on `may_break_tenant`."""
    (secret,) = site.admin.list_secrets(tenant_id=site.tenant_id, kind="jwk")
    site.admin.delete_secret(tenant_id=site.tenant_id, kind="jwk", secret_id=secret.id, may_break_tenant=True)
    with pytest.raises(HankoServerError):
        site.client.start_login()


def test_a_tenant_that_is_none(site):
    with pytest.raises(HankoTenantNotFound):
        site.admin.get_tenant(tenant_id=UUID(int=0))
