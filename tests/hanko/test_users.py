"""Users, against recorded data."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from passkeys_django.hanko import HankoNotFound, HankoProtocolError, HankoTenantNotFound, User
from tests.hanko.conftest import BASE_URL, TENANT

URL = f"{BASE_URL}/tenants/{TENANT}/users"
ADA = "c902d594-8924-4b5c-931d-ff6a34f1dcb2"


def tenant_of(exchange):
    return exchange.request["path"].split("/")[2]


def row(number, **changes):
    return {"id": str(UUID(int=number)), "user_id": f"user-{number}", "name": "n", "display_name": "d", **changes}


def test_list_users(recorded):
    exchange = recorded("admin_users", "all users")
    found = list(exchange.client.list_users(tenant_id=tenant_of(exchange)))
    body = exchange.response["body"]
    assert [str(user.id) for user in found] == [item["id"] for item in body]
    assert found[0] == User(
        id=UUID(body[0]["id"]),
        user_id="user-0003",
        name="user-0003@example.com",
        display_name="user-0003@example.com",
        icon=None,
    )
    assert exchange.sent_query() == {"page": ["1"], "per_page": ["100"], "sort_direction": ["asc"]}
    assert exchange.sent() is None


def test_trap_15_all_pages_are_read(recorded):
    first = recorded("admin_users", "oldest first, two a page")
    second = recorded("admin_users", "second page")
    found = list(first.client.list_users(tenant_id=tenant_of(first), per_page=2))
    assert [user.user_id for user in found] == ["user-0001", "user-0002", "user-0003"]
    assert second.sent_query() == parse_qs(urlsplit(second.request["path"]).query)


def test_a_listing_is_lazy_and_checks_at_once(admin):
    admin.list_users(tenant_id=TENANT)
    with pytest.raises(ValueError, match="per_page must"):
        admin.list_users(tenant_id=TENANT, per_page=0)


def test_get_user_gives_credentials_and_transactions(recorded):
    exchange = recorded("admin_users", "one user")
    user = exchange.client.get_user(tenant_id=tenant_of(exchange), internal_user_id=ADA)
    body = exchange.response["body"]
    assert (str(user.id), user.user_id, user.icon) == (ADA, "user-0001", "https://example.com/u.png")
    assert [credential.id for credential in user.credentials] == [item["id"] for item in body["credentials"]]
    assert [str(item.id) for item in user.transactions] == [item["id"] for item in body["transactions"]]
    assert user.credentials


def test_trap_12_a_user_without_credentials_is_listed_all_the_same(mocked, admin):
    mocked.get(f"{URL}/{ADA}", json=row(1, credentials=[], transactions=[]))
    assert admin.get_user(tenant_id=TENANT, internal_user_id=UUID(ADA)).credentials == ()


def test_delete_user_sends_no_body(recorded):
    exchange = recorded("admin_users", "delete")
    exchange.client.delete_user(tenant_id=tenant_of(exchange), internal_user_id=ADA)
    assert exchange.sent() is None


@pytest.mark.parametrize("step", ["unknown user", "gone"])
def test_an_unknown_user_is_told_from_an_unknown_tenant(recorded, step):
    exchange = recorded("admin_users", step)
    with pytest.raises(HankoNotFound) as raised:
        exchange.client.get_user(
            tenant_id=tenant_of(exchange), internal_user_id=exchange.request["path"].split("/")[-1]
        )
    assert not isinstance(raised.value, HankoTenantNotFound)


@pytest.mark.parametrize("bad", ["user-0001", "", f"{ADA}/x"])
def test_the_sites_own_user_id_is_refused(admin, bad):
    for call in (admin.get_user, admin.delete_user):
        with pytest.raises(ValueError, match="internal_user_id must be a UUID"):
            call(tenant_id=TENANT, internal_user_id=bad)


@pytest.mark.parametrize(
    "bad",
    [
        [],
        row(1, id=None),
        row(1, credentials=None, transactions=[]),
        row(1, credentials=[{}], transactions=[]),
        row(1, credentials=[], transactions=[{}]),
        row(1, credentials=[]),
    ],
)
def test_users_of_the_wrong_shape_are_refused(mocked, admin, bad):
    mocked.get(f"{URL}/{ADA}", json=bad)
    with pytest.raises(HankoProtocolError):
        admin.get_user(tenant_id=TENANT, internal_user_id=ADA)
