"""Tenants and the health of a server, against recorded data."""

from uuid import UUID

import pytest
import responses

from passkeys_django.hanko import (
    Configuration,
    HankoAdminClient,
    HankoInvalidRequest,
    HankoProtocolError,
    HankoTenantNotFound,
    Health,
    RelyingParty,
    TenantSummary,
)
from tests.hanko.conftest import BASE_URL, TENANT

CONFIGURATION = Configuration(
    relying_party=RelyingParty(id="localhost", display_name="Demo", origins=("http://localhost:8080",))
)


def tenant_of(exchange):
    return exchange.request["path"].split("/")[2]


def test_create_tenant_gives_the_id_and_the_key(recorded):
    exchange = recorded("admin_tenant_create", "every field, with an API key")
    created = exchange.client.create_tenant(
        display_name="Everything", configuration=CONFIGURATION, create_api_key=True
    )
    body = exchange.response["body"]
    assert created.id == UUID(body["id"])
    assert created.api_key.secret == body["api_key"]["secret"]
    assert created.api_key.name == "Initial API Key"
    assert created.api_key.created_at.tzinfo is not None
    assert body["api_key"]["secret"] not in repr(created)


def test_create_api_key_is_sent_at_top_level(recorded):
    exchange = recorded("admin_tenant_create", "every field, with an API key")
    exchange.client.create_tenant(display_name="Everything", configuration=CONFIGURATION, create_api_key=True)
    assert exchange.sent()["create_api_key"] is True
    assert "create_api_key" not in exchange.sent()["config"]


@pytest.mark.parametrize(("patience", "waited"), [(10.0, 60.0), (90.0, 90.0)])
def test_a_new_tenant_is_waited_for_as_long_as_its_key_takes(mocked, patience, waited):
    made = mocked.add("POST", f"{BASE_URL}/tenants", json={"id": TENANT}, status=201)
    admin = HankoAdminClient(admin_url=BASE_URL, read_timeout=patience)
    admin.create_tenant(display_name="Demo", configuration=CONFIGURATION)
    assert made.calls[0].request.req_kwargs["timeout"] == (3.05, waited)


def test_create_tenant_without_a_key(recorded):
    exchange = recorded("admin_tenant_create", "only the required fields, no API key")
    created = exchange.client.create_tenant(display_name="Minimal", configuration=CONFIGURATION)
    assert created.api_key is None
    assert exchange.sent()["create_api_key"] is False


def test_a_key_that_was_asked_for_and_did_not_come_is_an_error_that_names_the_tenant(mocked, admin):
    mocked.post(f"{BASE_URL}/tenants", status=201, json={"id": TENANT})
    with pytest.raises(HankoProtocolError, match=TENANT):
        admin.create_tenant(display_name="Demo", configuration=CONFIGURATION, create_api_key=True)


def test_what_the_server_refuses_at_creation(recorded):
    exchange = recorded("admin_tenant_create", "unknown values")
    with pytest.raises(HankoInvalidRequest, match="user_verification must be one of"):
        exchange.client.create_tenant(display_name="x", configuration=CONFIGURATION)


def test_list_tenants(recorded):
    exchange = recorded("admin_tenants", "all tenants (those of other files left out)")
    assert exchange.client.list_tenants() == [
        TenantSummary(id=UUID(item["id"]), display_name=item["display_name"]) for item in exchange.response["body"]
    ]
    assert exchange.sent() is None


def test_get_tenant(recorded):
    exchange = recorded("admin_tenants", "one tenant")
    tenant = exchange.client.get_tenant(tenant_id=UUID(tenant_of(exchange)))
    assert (str(tenant.id), tenant.display_name) == (tenant_of(exchange), "Short-lived")
    assert tenant.configuration.relying_party.id == "localhost"


def test_update_tenant_sends_the_name(recorded):
    exchange = recorded("admin_tenants", "rename")
    exchange.client.update_tenant(tenant_id=tenant_of(exchange), display_name="Renamed")
    assert exchange.sent() == exchange.request["body"]


def test_delete_tenant_sends_no_body(recorded):
    exchange = recorded("admin_tenants", "delete")
    exchange.client.delete_tenant(tenant_id=tenant_of(exchange))
    assert exchange.sent() is None


@pytest.mark.parametrize("step", ["read after deletion", "unknown tenant"])
def test_an_unknown_tenant_is_told(recorded, step):
    exchange = recorded("admin_tenants", step)
    with pytest.raises(HankoTenantNotFound):
        exchange.client.get_tenant(tenant_id=tenant_of(exchange))


@pytest.mark.parametrize("bad", ["demo", "", "../tenants", f"{TENANT}/users", 7])
def test_tenant_ids_cannot_leave_their_place_in_the_path(admin, bad):
    for call in (admin.get_tenant, admin.delete_tenant, admin.list_users, admin.list_audit_logs):
        with pytest.raises(ValueError, match="tenant_id must be a UUID"):
            call(tenant_id=bad)


@pytest.mark.parametrize("bad", ["", " ", "a\x00", "a" * 256])
def test_trap_18_names_of_tenants_that_break_the_server_are_refused(admin, bad):
    with pytest.raises(ValueError, match="display_name must not"):
        admin.create_tenant(display_name=bad, configuration=CONFIGURATION)
    with pytest.raises(ValueError, match="display_name must not"):
        admin.update_tenant(tenant_id=TENANT, display_name=bad)


@pytest.mark.parametrize("answer", [[], {}, {"id": 7}, {"id": TENANT, "api_key": {}}])
def test_new_tenants_of_the_wrong_shape_are_refused(mocked, admin, answer):
    mocked.post(f"{BASE_URL}/tenants", status=201, json=answer)
    with pytest.raises(HankoProtocolError):
        admin.create_tenant(display_name="Demo", configuration=CONFIGURATION)


def test_is_alive_when_the_status_page_answers(recorded):
    assert recorded("status_pages", "admin status page").client.is_alive() is True


def test_is_not_alive_when_it_says_anything_else(mocked, admin):
    mocked.get(f"{BASE_URL}/", status=500)
    assert admin.is_alive() is False


def test_health_is_what_the_server_says_of_itself(recorded):
    recorded("status_pages", "ready")
    assert recorded("status_pages", "alive").client.health() == Health(alive=True, ready=True)


def test_health_that_is_no_report_is_refused(mocked, admin):
    mocked.get(f"{BASE_URL}/health/alive", json=["fine"])
    with pytest.raises(HankoProtocolError):
        admin.health()


def test_the_client_shows_where_it_goes_and_a_slash_at_the_end_is_fine():
    client = HankoAdminClient(admin_url=f"{BASE_URL}/")
    assert repr(client) == f"HankoAdminClient(admin_url='{BASE_URL}/')"
    with responses.RequestsMock() as mock:
        mock.get(f"{BASE_URL}/tenants", json=[])
        assert client.list_tenants() == []
