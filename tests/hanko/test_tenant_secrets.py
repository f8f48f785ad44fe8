"""API keys and JWK secrets, against recorded data."""

import traceback
from uuid import UUID

import pytest

from passkeys_django.hanko import HankoInvalidRequest, HankoNotFound, HankoProtocolError, HankoServerError
from tests.hanko.conftest import BASE_URL, TENANT

SECRET_ID = "6c657511-fbd2-4509-a253-8b8c00ac918e"


def tenant_of(exchange):
    return exchange.request["path"].split("/")[2]


@pytest.mark.parametrize(("step", "kind"), [("API keys", "api"), ("JWK secrets", "jwk")])
def test_list_secrets(recorded, step, kind):
    exchange = recorded("admin_secrets", step)
    (secret,) = exchange.client.list_secrets(tenant_id=tenant_of(exchange), kind=kind)
    (body,) = exchange.response["body"]
    assert (str(secret.id), secret.name, secret.secret) == (body["id"], body["name"], body["secret"])


@pytest.mark.parametrize(
    ("step", "kind", "name"), [("new API key", "api", "ci"), ("new JWK secret", "jwk", "second")]
)
def test_create_secret(recorded, step, kind, name):
    exchange = recorded("admin_secrets", step)
    secret = exchange.client.create_secret(tenant_id=tenant_of(exchange), kind=kind, name=name)
    assert secret.secret == exchange.response["body"]["secret"]
    assert exchange.sent() == exchange.request["body"]


def test_the_value_is_not_shown(recorded):
    exchange = recorded("admin_secrets", "new API key")
    secret = exchange.client.create_secret(tenant_id=tenant_of(exchange), kind="api", name="ci")
    assert exchange.response["body"]["secret"] not in f"{secret!r} {secret!s} {[secret]}"


def test_a_secret_of_the_wrong_shape_is_refused_without_showing_it(mocked, admin):
    mocked.get(f"{BASE_URL}/tenants/{TENANT}/secrets/api", json=[{"id": "no uuid", "secret": "c2VjcmV0"}])
    with pytest.raises(HankoProtocolError) as raised:
        admin.list_secrets(tenant_id=TENANT, kind="api")
    assert "c2VjcmV0" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(("step", "kind"), [("same name again", "api"), ("same name for a JWK secret", "jwk")])
def test_names_are_unique_over_both_kinds(recorded, step, kind):
    exchange = recorded("admin_secrets", step)
    with pytest.raises(HankoServerError):
        exchange.client.create_secret(tenant_id=tenant_of(exchange), kind=kind, name="ci")


def test_delete_secret_sends_no_body(recorded):
    exchange = recorded("admin_secrets", "delete")
    exchange.client.delete_secret(tenant_id=tenant_of(exchange), kind="api", secret_id=UUID(SECRET_ID))
    assert exchange.sent() is None


@pytest.mark.parametrize(("step", "kind"), [("delete as the wrong kind", "jwk"), ("delete again", "api")])
def test_a_secret_that_is_not_there_is_told(recorded, step, kind):
    exchange = recorded("admin_secrets", step)
    with pytest.raises(HankoNotFound, match="secret with ID"):
        exchange.client.delete_secret(
            tenant_id=tenant_of(exchange), kind=kind, secret_id=SECRET_ID, may_break_tenant=True
        )


def test_an_id_that_is_no_uuid_of_version_4_is_the_servers_to_refuse(mocked, admin):
    path = f"/tenants/{TENANT}/secrets/api/00000000-0000-0000-0000-000000000001"
    title = {"title": "unable to remove key", "details": "SecretId must be a valid uuid4"}
    mocked.delete(BASE_URL + path, status=400, json=title)
    with pytest.raises(HankoInvalidRequest):
        admin.delete_secret(tenant_id=TENANT, kind="api", secret_id=UUID(int=1))


def test_trap_16_a_jwk_secret_is_not_deleted_by_accident(admin):
    with pytest.raises(ValueError, match="may_break_tenant"):
        admin.delete_secret(tenant_id=TENANT, kind="jwk", secret_id=SECRET_ID)


def test_a_jwk_secret_is_deleted_by_who_means_it(recorded):
    exchange = recorded("admin_secrets", "delete the JWK secret")
    secret_id = exchange.request["path"].split("/")[-1]
    exchange.client.delete_secret(
        tenant_id=tenant_of(exchange), kind="jwk", secret_id=secret_id, may_break_tenant=True
    )
    assert exchange.sent() is None


@pytest.mark.parametrize("kind", ["", "API", "api/x", None])
def test_there_are_two_kinds(admin, kind):
    with pytest.raises(ValueError, match="kind must be"):
        admin.list_secrets(tenant_id=TENANT, kind=kind)


@pytest.mark.parametrize("secret_id", ["ci", "", f"{SECRET_ID}/x"])
def test_secret_ids_cannot_leave_their_place_in_the_path(admin, secret_id):
    with pytest.raises(ValueError, match="secret_id must be a UUID"):
        admin.delete_secret(tenant_id=TENANT, kind="api", secret_id=secret_id)


@pytest.mark.parametrize("bad", ["", " ", "a\x00", "a" * 256])
def test_trap_18_names_of_secrets_that_break_the_server_are_refused(admin, bad):
    with pytest.raises(ValueError, match="name must not"):
        admin.create_secret(tenant_id=TENANT, kind="api", name=bad)
