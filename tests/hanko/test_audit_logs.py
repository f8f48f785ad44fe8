"""/audit_logs, public and admin, against recorded data."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from passkeys_django.hanko import AuditLog, HankoInvalidKey, HankoProtocolError
from tests.hanko.conftest import BASE_URL, TENANT

URL = f"{BASE_URL}/{TENANT}/audit_logs"
MOMENT = datetime(2026, 11, 21, 6, 7, 29, 214310, tzinfo=UTC)


def row(number, **changes):
    return {
        "id": str(UUID(int=number)),
        "type": "webauthn_credential_deleted",
        "created_at": f"2026-11-21T06:07:{number:02}.2Z",
        "updated_at": f"2026-11-21T06:07:{number:02}.2Z",
        "tenant_id": TENANT,
        **changes,
    }


def queries(mocked):
    return [parse_qs(urlsplit(call.request.url).query) for call in mocked.calls]


def test_rows_are_typed(recorded):
    exchange = recorded("audit_logs", "by source address")
    found = list(exchange.client.list_audit_logs(source_ip="203.0.113"))
    body = exchange.response["body"]
    assert found[0] == AuditLog(
        id=UUID(body[0]["id"]),
        type="webauthn_credential_updated",
        created_at=datetime(2026, 11, 21, 6, 7, 29, 239885, tzinfo=UTC),
        updated_at=datetime(2026, 11, 21, 6, 7, 29, 239885, tzinfo=UTC),
        tenant_id=UUID(body[0]["tenant_id"]),
        actor_user_id="sara-1",
        transaction_id=None,
        error=None,
        request_id="chosen-by-the-caller",
        source_ip="203.0.113.9",
        user_agent="recorder/1.0",
    )
    assert len(found) == len(body)
    assert exchange.sent_query() == {"page": ["1"], "per_page": ["100"], "meta_source_ip": ["203.0.113"]}
    assert exchange.sent_key() == exchange.key


def test_everything_is_listed_newest_first(recorded):
    exchange = recorded("audit_logs", "everything, newest first; the failed login is not there")
    found = list(exchange.client.list_audit_logs())
    assert [str(entry.id) for entry in found] == [item["id"] for item in exchange.response["body"]]
    assert [entry.created_at for entry in found] == sorted((entry.created_at for entry in found), reverse=True)
    assert exchange.sent() is None


@pytest.mark.parametrize(
    ("step", "arguments", "query"),
    [
        (
            "one type",
            {"types": ["webauthn_authentication_final_succeeded"]},
            {"type": ["webauthn_authentication_final_succeeded"]},
        ),
        (
            "two types: the parameter is repeated",
            {"types": ("webauthn_credential_updated", "webauthn_credential_deleted")},
            {"type": ["webauthn_credential_updated", "webauthn_credential_deleted"]},
        ),
        ("by actor, part of the id", {"actor_user_id": "ra-2"}, {"actor_user_id": ["ra-2"]}),
        ("by either", {"search": "203.0.113"}, {"q": ["203.0.113"]}),
        ("before a moment", {"end_time": MOMENT}, {"end_time": ["2026-11-21T06:07:29.214310Z"]}),
        (
            "after a moment",
            {"start_time": MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))},
            {"start_time": ["2026-11-21T06:07:29.214310Z"]},
        ),
    ],
)
def test_filters(recorded, step, arguments, query):
    exchange = recorded("audit_logs", step)
    found = exchange.client.list_audit_logs(per_page=100, **arguments)
    assert str(next(found).id) == exchange.response["body"][0]["id"]
    assert exchange.sent_query() == {"page": ["1"], "per_page": ["100"], **query}


def test_the_admin_api_shows_the_same(recorded):
    exchange = recorded("audit_logs", "the same from the admin API")
    tenant = UUID(exchange.request["path"].split("/")[2])
    found = exchange.client.list_audit_logs(tenant_id=tenant, types=["webauthn_credential_deleted"], per_page=20)
    assert [str(entry.id) for entry in found] == [item["id"] for item in exchange.response["body"]]
    assert exchange.sent_key() is None


def test_a_wrong_key_is_told(recorded):
    exchange = recorded("audit_logs", "no API key")
    with pytest.raises(HankoInvalidKey):
        next(exchange.client.list_audit_logs())


def test_trap_15_later_pages_end_where_the_first_began_so_new_rows_do_not_shift_them(mocked, client):
    for numbers in ([9, 8], [7, 6], [5]):
        mocked.get(URL, json=[row(number) for number in numbers], headers={"X-Total-Count": "5"})
    found = client.list_audit_logs(per_page=2, end_time=MOMENT)
    assert len(mocked.calls) == 0
    assert [entry.id.int for entry in found] == [9, 8, 7, 6, 5]
    assert [query["page"] for query in queries(mocked)] == [["1"], ["2"], ["3"]]
    assert [query["end_time"] for query in queries(mocked)] == [
        ["2026-11-21T06:07:29.214310Z"],
        *[["2026-11-21T06:07:09.200001Z"]] * 2,
    ]


@pytest.mark.parametrize(
    "types",
    [
        ["'"],
        ["webauthn_credential_updated", "x' OR 1=1 --"],
        ["webauthn_credential_updated,webauthn_credential_deleted"],
        ["webauthn_registration_init_failed"],
        "webauthn_credential_updated",
        [""],
    ],
)
def test_trap_8_only_known_types_are_sent(client, admin, types):
    with pytest.raises(ValueError, match="types must be names"):
        client.list_audit_logs(types=types)
    with pytest.raises(ValueError, match="types must be names"):
        admin.list_audit_logs(tenant_id=TENANT, types=types)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"start_time": datetime(2026, 11, 21)}, "start_time must be an aware datetime"),
        ({"end_time": datetime(2026, 11, 21)}, "end_time must be an aware datetime"),
        ({"actor_user_id": ""}, "actor_user_id must not be blank"),
        ({"source_ip": "a\x00"}, "source_ip must not contain"),
        ({"search": "a\ud800"}, "search must not contain"),
        ({"per_page": 0}, "per_page must be at least 1"),
    ],
)
def test_filters_that_would_be_misunderstood_are_refused_at_once(client, arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        client.list_audit_logs(**arguments)


@pytest.mark.parametrize("bad", [7, {}, row(1, id="x"), row(1, type=None), row(1, created_at="")])
def test_rows_of_the_wrong_shape_are_refused(mocked, client, bad):
    mocked.get(URL, json=[bad], headers={"X-Total-Count": "1"})
    with pytest.raises(HankoProtocolError):
        list(client.list_audit_logs())


def test_an_error_is_shown_where_a_row_has_one(mocked, client):
    mocked.get(URL, json=[row(1, error="no", actor_user_id="")], headers={"X-Total-Count": "1"})
    (entry,) = client.list_audit_logs()
    assert (entry.error, entry.actor_user_id) == ("no", None)
