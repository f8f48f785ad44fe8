"""A test per endpoint against recorded data, and one per trap of the wire contract, named after its number."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import responses

from passkeys_django.hanko import (
    Credential,
    HankoAPIError,
    HankoClient,
    HankoConflict,
    HankoInvalidKey,
    HankoInvalidRequest,
    HankoNotFound,
    HankoProtocolError,
    HankoRefused,
    HankoServerError,
    HankoTenantNotFound,
    HankoUnavailable,
    HankoUserWithoutCredentials,
)
from tests.hanko.conftest import API_KEY, BASE_URL, TENANT

ROOT = f"{BASE_URL}/{TENANT}"
CREATED = {"client": "Y2xpZW50", "id": "0sXwss857ITbRsyB2fWELpund1Q"}


def registration_credential(**changes: Any) -> Any:
    return {
        "id": CREATED["id"],
        "rawId": CREATED["id"],
        "type": "public-key",
        "response": {"clientDataJSON": "e30", "attestationObject": "oA", "transports": ["internal"]},
        **changes,
    }


def authentication_credential(handle: Any = "YWRhLTE") -> Any:
    response = {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": handle}
    return {"id": CREATED["id"], "rawId": CREATED["id"], "type": "public-key", "response": response}


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {"id": f"id-{number}", "public_key": "pQ", "name": f"passkey {number}", **changes}


def pages(mocked: responses.RequestsMock, *answers: tuple[list[Any], int]) -> None:
    for rows, total in answers:
        mocked.get(f"{ROOT}/credentials", json=rows, headers={"X-Total-Count": str(total)})


def queries(mocked: responses.RequestsMock) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(call.request.url or "").query) for call in mocked.calls]


# Endpoints


def test_start_registration_returns_the_options_and_sends_the_key(replay):
    exchange = replay("registration", "registration initialize")
    options = exchange.client.start_registration(
        user_id="ada-1",
        username="ada@example.com",
        display_name="Ada Lovelace",
        icon="https://example.com/ada.png",
    )
    assert options == exchange.response["body"]
    assert exchange.sent() == exchange.request["body"]
    assert exchange.sent_key() == exchange.key


def test_start_registration_leaves_out_what_was_not_given(mocked, client):
    mocked.post(f"{ROOT}/registration/initialize", json={"publicKey": {"challenge": "abc"}})
    client.start_registration(user_id="ada-1", username="ada")
    assert json.loads(mocked.calls[0].request.body) == {"user_id": "ada-1", "username": "ada"}


def test_finalize_registration_returns_the_token_without_sending_the_key(replay):
    exchange = replay("registration", "registration finalize")
    token = exchange.client.finalize_registration(credential=exchange.request["body"])
    assert token == exchange.response["body"]["token"]
    assert exchange.sent() == exchange.request["body"]
    assert exchange.sent_key() is None


def test_start_login_for_anybody_sends_no_key(replay):
    exchange = replay("login_discoverable", "login initialize")
    assert exchange.client.start_login() == exchange.response["body"]
    assert exchange.sent() == {}
    assert exchange.sent_key() is None


def test_start_login_for_one_user_sends_the_key(replay):
    exchange = replay("login", "login initialize")
    assert exchange.client.start_login(user_id="grace-1") == exchange.response["body"]
    assert exchange.sent() == exchange.request["body"]
    assert exchange.sent_key() == exchange.key


@pytest.mark.parametrize("recording", ["login", "login_discoverable"])
def test_finalize_login_returns_the_token_without_sending_the_key(replay, recording):
    exchange = replay(recording, "login finalize")
    token = exchange.client.finalize_login(credential=exchange.request["body"])
    assert token == exchange.response["body"]["token"]
    assert exchange.sent() == exchange.request["body"]
    assert exchange.sent_key() is None


def test_list_credentials_gives_passkeys_and_second_factors(replay):
    exchange = replay("credentials", "list holds passkeys and second factors")
    found = list(exchange.client.list_credentials(user_id="nina-1"))
    assert [credential.id for credential in found] == [item["id"] for item in exchange.response["body"]]
    assert {credential.is_mfa for credential in found} == {True, False}
    assert exchange.sent() is None
    assert exchange.sent_key() == exchange.key


def test_get_credential_gives_typed_values(replay):
    exchange = replay("credentials", "one credential: transports are never given back")
    body = exchange.response["body"]
    credential = exchange.client.get_credential(body["id"])
    assert credential == Credential(
        id=body["id"],
        user_id="nina-1",
        name="Google Password Manager",
        public_key=body["public_key"],
        aaguid=UUID(body["aaguid"]),
        attestation_type=body["attestation_type"],
        transports=(),
        backup_eligible=body["backup_eligible"],
        backup_state=body["backup_state"],
        is_mfa=False,
        created_at=datetime.fromisoformat(body["created_at"]),
        last_used_at=datetime.fromisoformat(body["last_used_at"]),
    )
    assert exchange.sent_key() == exchange.key


def test_rename_credential_sends_the_name(replay):
    exchange = replay("credentials", "rename")
    exchange.client.rename_credential(exchange.request["path"].split("/")[-1], name="My <laptop> & key")
    assert exchange.sent() == {"name": "My <laptop> & key"}
    assert exchange.sent_key() == exchange.key


def test_delete_credential_sends_the_key(replay):
    exchange = replay("credentials", "delete")
    exchange.client.delete_credential(exchange.request["path"].split("/")[-1])
    assert exchange.sent_key() == exchange.key


def test_jwks_gives_the_keys_without_sending_the_key(replay):
    exchange = replay("jwks", "key set")
    assert exchange.client.jwks() == exchange.response["body"]["keys"]
    assert exchange.sent_key() is None


def test_is_alive_when_the_status_page_answers(replay):
    exchange = replay("status_page", "public status page")
    assert exchange.client.is_alive() is True
    assert exchange.sent_key() is None


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_is_not_alive_when_the_status_page_says_anything_else(mocked, client, status):
    mocked.get(f"{BASE_URL}/", status=status)
    assert client.is_alive() is False


# Refusals


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        ("unknown challenge", HankoRefused),
        ("user verification required and missing", HankoRefused),
        ("the same transport twice", HankoServerError),
    ],
)
def test_refused_registrations(replay, step, kind):
    exchange = replay("registration_refused", step)
    with pytest.raises(HankoAPIError) as raised:
        exchange.client.finalize_registration(credential=exchange.request["body"])
    assert type(raised.value) is kind
    assert raised.value.status == exchange.response["status"]
    assert raised.value.request_id == exchange.response["headers"]["X-Request-Id"]
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(("step", "status"), [("unknown challenge", 401), ("bad signature", 401)])
def test_refused_logins(replay, step, status):
    exchange = replay("login_refused", step)
    with pytest.raises(HankoRefused) as raised:
        exchange.client.finalize_login(credential=exchange.request["body"])
    assert raised.value.status == status
    assert raised.value.details == exchange.response["body"]["details"]


def test_a_login_that_cannot_be_parsed_is_refused(mocked, client):
    mocked.post(f"{ROOT}/login/finalize", status=400, json={"title": "unable to finish login", "details": ""})
    with pytest.raises(HankoRefused):
        client.finalize_login(credential=authentication_credential())


@pytest.mark.parametrize(
    ("step", "kind"), [("tenant id no UUID", HankoInvalidRequest), ("unknown tenant", HankoTenantNotFound)]
)
def test_a_wrong_tenant_id_is_told_apart(replay, step, kind):
    exchange = replay("tenant_errors", step)
    with pytest.raises(HankoAPIError) as raised:
        exchange.client.start_login()
    assert type(raised.value) is kind


def test_a_tenant_id_that_is_no_uuid_is_no_refusal_of_a_credential(mocked, client):
    mocked.post(f"{ROOT}/login/finalize", status=400, json={"title": "tenant_id must be a valid uuid4"})
    with pytest.raises(HankoInvalidRequest):
        client.finalize_login(credential=authentication_credential())


def test_a_tenant_id_cannot_leave_its_place_in_the_path(mocked):
    mocked.post(f"{BASE_URL}/a%2Fb%3Fc/login/initialize", json={"publicKey": {"challenge": "abc"}})
    HankoClient(tenant_id="a/b?c").start_login()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, HankoInvalidRequest),
        (404, HankoNotFound),
        (409, HankoConflict),
        (422, HankoAPIError),
        (429, HankoAPIError),
        (500, HankoServerError),
        (502, HankoUnavailable),
        (503, HankoUnavailable),
        (504, HankoUnavailable),
    ],
)
def test_errors_by_status(mocked, client, status, kind):
    mocked.get(f"{ROOT}/credentials/abc", status=status, json={"title": "no", "status": status})
    with pytest.raises(HankoAPIError) as raised:
        client.get_credential("abc")
    assert type(raised.value) is kind
    assert (raised.value.status, raised.value.details) == (status, None)


@pytest.mark.parametrize(
    "answer", [[], {}, {"publicKey": []}, {"publicKey": {}}, {"publicKey": {"challenge": ""}}]
)
def test_options_without_a_challenge_are_refused(mocked, client, answer):
    mocked.post(f"{ROOT}/login/initialize", json=answer, headers={"X-Request-Id": "abc"})
    with pytest.raises(HankoProtocolError) as raised:
        client.start_login()
    assert (raised.value.status, raised.value.request_id) == (200, "abc")


@pytest.mark.parametrize("answer", [[], {}, {"token": None}, {"token": ""}, {"token": "é"}])
def test_a_finalize_without_a_token_is_refused(mocked, client, answer):
    mocked.post(f"{ROOT}/login/finalize", json=answer)
    with pytest.raises(HankoProtocolError):
        client.finalize_login(credential=authentication_credential())


@pytest.mark.parametrize("answer", [[], {}, {"keys": {}}, {"keys": ["abc"]}])
def test_a_key_set_of_the_wrong_shape_is_refused(mocked, client, answer):
    mocked.get(f"{ROOT}/.well-known/jwks.json", json=answer)
    with pytest.raises(HankoProtocolError):
        client.jwks()


# Credentials


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T05:39:20Z", datetime(2026, 11, 21, 5, 39, 20, tzinfo=UTC)),
        ("2026-11-21T05:39:20.2Z", datetime(2026, 11, 21, 5, 39, 20, 200000, tzinfo=UTC)),
        ("2026-11-21T05:39:20.278337Z", datetime(2026, 11, 21, 5, 39, 20, 278337, tzinfo=UTC)),
        ("2026-11-21T05:39:20.278337123Z", datetime(2026, 11, 21, 5, 39, 20, 278337, tzinfo=UTC)),
        ("2026-11-21t07:09:20.12+01:30", datetime(2026, 11, 21, 5, 39, 20, 120000, tzinfo=UTC)),
        ("2026-11-21t05:39:20z", datetime(2026, 11, 21, 5, 39, 20, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        (None, None),
        ("", None),
    ],
)
def test_times_of_any_precision_and_offset_become_utc(text, moment):
    assert Credential.from_wire(row(1, created_at=text)).created_at == moment


def test_every_number_of_digits_of_a_second_parses():
    for digits in range(1, 10):
        text = f"2026-11-21T05:39:20.{'123456789'[:digits]}Z"
        assert Credential.from_wire(row(1, last_used_at=text)).last_used_at is not None


@pytest.mark.parametrize(
    "bad",
    [
        "a string",
        {},
        row(1, id=""),
        row(1, id=7),
        row(1, public_key=None),
        row(1, name=7),
        row(1, created_at="yesterday"),
        row(1, created_at="2026-11-21T05:39:20"),
        row(1, created_at="0001-01-01T00:00:00+01:00"),
        row(1, created_at=5),
    ],
)
def test_a_credential_of_the_wrong_shape_is_refused(mocked, client, bad):
    mocked.get(f"{ROOT}/credentials/abc", json=bad)
    with pytest.raises(HankoProtocolError):
        client.get_credential("abc")


@pytest.mark.parametrize("aaguid", [None, "", "not a uuid", 7, []])
def test_an_unreadable_aaguid_is_none(aaguid):
    assert Credential.from_wire(row(1, aaguid=aaguid)).aaguid is None


def test_transports_are_taken_where_a_server_returns_them():
    assert Credential.from_wire(row(1, transports=["usb", 7])).transports == ("usb",)


# Listing


def test_listing_is_lazy(mocked, client):
    pages(mocked, ([row(1), row(2)], 3))
    found = client.list_credentials(per_page=2)
    assert len(mocked.calls) == 0
    assert next(found).id == "id-1"
    assert len(mocked.calls) == 1


def test_trap_15_all_pages_are_read_by_number_and_link_is_not_followed(mocked, client):
    headers = {"X-Total-Count": "5", "Link": '<http://elsewhere.example/>; rel="next"'}
    for numbers in ([1, 2], [3, 4], [5]):
        mocked.get(f"{ROOT}/credentials", json=[row(number) for number in numbers], headers=headers)
    found = list(client.list_credentials(user_id="a&b +1", per_page=2))
    assert [credential.id for credential in found] == ["id-1", "id-2", "id-3", "id-4", "id-5"]
    assert [query["page"] for query in queries(mocked)] == [["1"], ["2"], ["3"]]
    assert all(query["user_id"] == ["a&b +1"] and query["order"] == ["asc"] for query in queries(mocked))


def test_an_empty_tenant_takes_one_call(mocked, client):
    pages(mocked, ([], 0))
    assert list(client.list_credentials()) == []


def test_a_listing_that_grows_while_it_is_read_ends(mocked, client):
    pages(mocked, ([row(1), row(2)], 4), ([row(3), row(4)], 100))
    assert len(list(client.list_credentials(per_page=2))) == 4


def test_a_listing_that_shrinks_while_it_is_read_ends(mocked, client):
    pages(mocked, ([row(1), row(2)], 8), ([row(5)], 5), ([], 2))
    assert len(list(client.list_credentials(per_page=2))) == 3


def test_a_credential_that_moves_to_the_next_page_is_given_once(mocked, client):
    pages(mocked, ([row(1), row(2)], 4), ([row(2), row(3)], 5))
    found = [credential.id for credential in client.list_credentials(per_page=2)]
    assert found == ["id-1", "id-2", "id-3"]


@pytest.mark.parametrize("total", [None, "", "many", "-1", "²", "9" * 5000])
def test_a_page_without_a_total_is_refused_rather_than_taken_for_all(mocked, client, total):
    mocked.get(f"{ROOT}/credentials", json=[], headers={} if total is None else {"X-Total-Count": total})
    with pytest.raises(HankoProtocolError):
        list(client.list_credentials())


def test_a_listing_that_is_no_list_is_refused(mocked, client):
    mocked.get(f"{ROOT}/credentials", json={"credentials": []})
    with pytest.raises(HankoProtocolError):
        list(client.list_credentials())


@pytest.mark.parametrize("arguments", [{"per_page": 0}, {"user_id": ""}, {"user_id": "a\x00"}])
def test_a_listing_that_would_be_misunderstood_is_refused_at_once(client, arguments):
    with pytest.raises(ValueError, match="must"):
        client.list_credentials(**arguments)


# Traps


@pytest.mark.parametrize(
    "user_id",
    ["sixteen-bytes-ab", "sechzehnBytes-ä", "a" * 65, "ä" * 33, "", " \t", "ada\x00", "ada\ud800"],
)
def test_trap_1_user_ids_that_can_never_log_in_are_refused(client, user_id):
    with pytest.raises(ValueError, match="user_id must"):
        client.start_registration(user_id=user_id, username="ada")
    with pytest.raises(ValueError, match="user_id must"):
        client.start_login(user_id=user_id)


@pytest.mark.parametrize("user_id", ["a" * 15, "a" * 17, "a" * 64, "ä" * 16])
def test_trap_1_other_lengths_pass(mocked, client, user_id):
    mocked.post(f"{ROOT}/registration/initialize", json={"publicKey": {"challenge": "abc"}})
    client.start_registration(user_id=user_id, username="ada")


def test_trap_4_transports_are_sent_once_each(mocked, client):
    mocked.post(f"{ROOT}/registration/finalize", json={"token": "a.b.c"})
    credential = registration_credential()
    credential["response"]["transports"] = ["internal", "hybrid", "internal"]
    client.finalize_registration(credential=credential)
    sent = json.loads(mocked.calls[0].request.body)
    assert sent["response"]["transports"] == ["internal", "hybrid"]
    assert credential["response"]["transports"] == ["internal", "hybrid", "internal"]


@pytest.mark.parametrize("member", [{}, {"transports": None}])
def test_trap_4_transports_may_be_absent(mocked, client, member):
    mocked.post(f"{ROOT}/registration/finalize", json={"token": "a.b.c"})
    response = {"clientDataJSON": "e30", "attestationObject": "oA", **member}
    client.finalize_registration(credential=registration_credential(response=response))


def test_trap_4_only_known_members_are_sent(mocked, client):
    mocked.post(f"{ROOT}/registration/finalize", json={"token": "a.b.c"})
    credential = registration_credential(transports=["usb", "usb"], Id="x")
    credential["response"]["Transports"] = ["usb", "usb"]
    client.finalize_registration(credential=credential)
    assert json.loads(mocked.calls[0].request.body) == registration_credential()


@pytest.mark.parametrize("name", ["id", "rawId"])
@pytest.mark.parametrize("value", ["A" * 256, None, 7, "not base64!", "ä", "A"])
def test_trap_4_ids_that_the_server_cannot_store_are_refused(client, name, value):
    with pytest.raises(ValueError, match=f"^{name} "):
        client.finalize_registration(credential=registration_credential(**{name: value}))


def test_trap_4_an_id_of_191_bytes_passes(mocked, client):
    mocked.post(f"{ROOT}/registration/finalize", json={"token": "a.b.c"})
    longest = "A" * 255
    client.finalize_registration(credential=registration_credential(id=longest, rawId=longest))


def test_trap_4_a_credential_without_response_is_refused(client):
    with pytest.raises(ValueError, match="the credential has no response"):
        client.finalize_registration(credential=registration_credential(response=None))


@pytest.mark.parametrize("handle", ["YWJj" * 22, "_w", "AAAA", "not base64!"])
def test_trap_4_user_handles_that_the_server_stumbles_over_are_refused(client, handle):
    with pytest.raises(ValueError, match=r"^userHandle "):
        client.finalize_login(credential=authentication_credential(handle))


@pytest.mark.parametrize("handle", [None, "YWRhLTE", "YWRhLTE=", "_____________________w"])
def test_trap_4_user_handles_of_text_or_of_16_bytes_pass(mocked, client, handle):
    mocked.post(f"{ROOT}/login/finalize", json={"token": "a.b.c"})
    assert client.finalize_login(credential=authentication_credential(handle)) == "a.b.c"


def test_trap_5_a_user_without_passkeys_is_recognised(replay):
    exchange = replay("login_errors", "user without passkeys")
    with pytest.raises(HankoUserWithoutCredentials):
        exchange.client.start_login(user_id="heidi-2")


@pytest.mark.parametrize("member", [{}, {"allowCredentials": []}, {"allowCredentials": "all"}])
def test_trap_6_options_for_one_user_must_name_credentials(mocked, client, member):
    mocked.post(f"{ROOT}/login/initialize", json={"publicKey": {"challenge": "abc", **member}})
    with pytest.raises(HankoProtocolError, match="allowCredentials"):
        client.start_login(user_id="ada-1")


def test_trap_7_the_user_agent_is_short_and_our_own(mocked, client):
    mocked.post(f"{ROOT}/login/initialize", json={"publicKey": {"challenge": "abc"}})
    client.start_login()
    sent = mocked.calls[0].request.headers
    assert sent["User-Agent"].startswith("passkeys-django/")
    assert len(sent["User-Agent"]) < 50
    assert "X-Request-Id" not in sent
    assert "X-Forwarded-For" not in sent


def test_trap_9_get_and_delete_have_no_body_and_patch_only_the_name(mocked, client):
    mocked.get(f"{ROOT}/credentials/abc", json=row(1))
    mocked.patch(f"{ROOT}/credentials/abc", status=204)
    mocked.delete(f"{ROOT}/credentials/abc", status=204)
    client.get_credential("abc")
    client.rename_credential("abc", name="Laptop")
    client.delete_credential("abc")
    assert [call.request.body for call in mocked.calls] == [None, b'{"name": "Laptop"}', None]


@pytest.mark.parametrize("step", ["user_id without API key", "user_id with a wrong API key"])
def test_trap_14_a_401_about_the_key_is_no_refusal(replay, step):
    exchange = replay("login_errors", step)
    client = HankoClient(tenant_id=exchange.client.tenant_id, api_key="wrong")
    with pytest.raises(HankoInvalidKey):
        client.start_login(user_id="heidi-1")


def test_trap_14_a_404_of_the_tenant_is_not_one_of_the_user(replay):
    exchange = replay("login_errors", "unknown user")
    with pytest.raises(HankoNotFound) as raised:
        exchange.client.start_login(user_id="nobody")
    assert not isinstance(raised.value, HankoTenantNotFound)


def test_trap_14_a_deleted_credential_is_not_found(replay):
    exchange = replay("credentials", "read after deletion")
    with pytest.raises(HankoNotFound):
        exchange.client.get_credential(exchange.request["path"].split("/")[-1])


@pytest.mark.parametrize("bad", ["", "  ", "a\x00b", "a\udfffb", "a" * 129])
@pytest.mark.parametrize("argument", ["username", "display_name"])
def test_trap_18_names_that_break_the_server_are_refused(client, argument, bad):
    with pytest.raises(ValueError, match=f"{argument} must not"):
        client.start_registration(**{"user_id": "ada-1", "username": "ada", argument: bad})


@pytest.mark.parametrize("bad", ["", " ", "a\x00", "a" * 256])
def test_trap_18_credential_names_and_icons_that_break_the_server_are_refused(client, bad):
    with pytest.raises(ValueError, match="name must not"):
        client.rename_credential("abc", name=bad)
    with pytest.raises(ValueError, match="icon must not"):
        client.start_registration(user_id="ada-1", username="ada", icon=bad)


def test_trap_18_lengths_count_code_points(mocked, client):
    mocked.patch(f"{ROOT}/credentials/abc", status=204)
    client.rename_credential("abc", name="\N{KEY}" * 255)


@pytest.mark.parametrize("bad", ["", "..", "a/b", "a?b", "a%2Fb", "ab=", "ä", "a\n"])
def test_credential_ids_cannot_leave_their_place_in_the_path(client, bad):
    for call in (client.get_credential, client.delete_credential):
        with pytest.raises(ValueError, match="base64url"):
            call(bad)


# The key


@pytest.mark.parametrize("key", [None, "", "  "])
def test_a_call_that_needs_a_key_says_so(key):
    with pytest.raises(ValueError, match="needs an api_key"):
        HankoClient(tenant_id=TENANT, api_key=key).start_login(user_id="ada-1")


@pytest.mark.parametrize("key", ["secret\r\nX: y", "secret key", "secrét"])
def test_a_key_that_no_header_can_hold_is_refused_without_showing_it(key):
    with pytest.raises(ValueError, match="api_key") as raised:
        HankoClient(tenant_id=TENANT, api_key=key).delete_credential("abc")
    assert "secr" not in repr(raised.value)


def test_blanks_around_the_key_are_dropped(mocked):
    mocked.delete(f"{ROOT}/credentials/abc", status=204)
    HankoClient(tenant_id=TENANT, api_key=f" {API_KEY}\n").delete_credential("abc")
    assert mocked.calls[0].request.headers["apiKey"] == API_KEY


def test_the_client_does_not_show_its_key(client):
    assert repr(client) == f"HankoClient(tenant_id='{TENANT}', base_url='{BASE_URL}')"
    assert API_KEY not in str(client)
