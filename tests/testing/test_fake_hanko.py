"""The fake where the recordings do not lead: its own switches, and input that nobody recorded."""

import json
import time
from typing import Any

import jwt
import pytest

from passkeys_django.testing import SoftwareAuthenticator
from passkeys_django.testing.encoding import b64url, cbor, unb64url
from passkeys_django.testing.hanko import FakeHanko
from passkeys_django.testing.hanko.endpoints.transactions import go_json
from passkeys_django.testing.hanko.signatures import NO_REASON, NOT_DER, RSA_FAULT, UNSUPPORTED, signature_fault
from passkeys_django.testing.hanko.wire.bodies import invalid_character
from tests.testing.hanko_world import ORIGIN, World


@pytest.fixture
def world() -> World:
    return World()


def key_set(world: World) -> jwt.PyJWKSet:
    return jwt.PyJWKSet.from_dict(world.call("GET", "/.well-known/jwks.json").json())


def verified(world: World, token: str) -> dict[str, Any]:
    key = key_set(world)[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience="localhost")
    return claims


def test_tokens_verify_with_the_key_set(world: World) -> None:
    created = world.register()
    assert created.status_code == 200, created.text
    claims = verified(world, world.login().json()["token"])
    assert claims["sub"] == "ada-1"
    assert claims["exp"] - claims["iat"] == 300
    assert claims["cred"] in world.authenticator.credentials
    assert not world.fake.errors


def test_a_rotated_key_signs_at_once_and_the_old_one_stays(world: World) -> None:
    world.register()
    before = world.login().json()["token"]
    world.fake.rotate_keys(world.tenant)
    after = world.login().json()["token"]
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    assert verified(world, before)["sub"] == verified(world, after)["sub"]


def test_requests_are_listed(world: World) -> None:
    world.start_login()
    world.admin("GET", "/tenants")
    assert world.fake.requests == [("POST", f"/{world.tenant.id}/login/initialize"), ("GET", "/tenants")]


def test_two_tenants_have_different_keys() -> None:
    fake = FakeHanko()
    first, second = (fake.create_tenant(rp_id="localhost", origins=[ORIGIN]) for _ in range(2))
    assert first.keys[0].jwk()["n"] != second.keys[0].jwk()["n"]
    assert first.api_key != second.api_key
    assert first.api_key not in repr(first)


def test_configuration_of_a_tenant() -> None:
    world = World()
    world.tenant = world.fake.create_tenant(
        rp_id="localhost",
        origins=[ORIGIN],
        user_verification="preferred",
        timeout=5000,
        cors_origins=["https://front.example"],
        attachment="platform",
    )
    selection = world.call("POST", "/registration/initialize", {"user_id": "u", "username": "u"}).json()[
        "publicKey"
    ]
    assert selection["timeout"] == 5000
    assert selection["authenticatorSelection"]["authenticatorAttachment"] == "platform"
    assert world.start_login()["publicKey"]["userVerification"] == "preferred"
    response = world.call("POST", "/login/initialize", {}, headers={"Origin": "https://front.example"})
    assert response.headers["Access-Control-Allow-Origin"] == "https://front.example"


def test_a_challenge_is_used_up_unless_told_otherwise(world: World) -> None:
    world.register()
    answer = world.authenticator.get(world.start_login())
    assert [world.call("POST", "/login/finalize", answer).status_code for _ in range(2)] == [200, 401]
    lenient = World(fake=FakeHanko(single_use=False))
    lenient.register()
    answer = lenient.authenticator.get(lenient.start_login())
    assert [lenient.call("POST", "/login/finalize", answer).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(("strict", "status"), [(False, 200), (True, 401)])
def test_discoverable_logins_expire_only_if_strict(strict: bool, status: int) -> None:
    now = [time.time()]
    world = World(fake=FakeHanko(clock=lambda: now[0], strict_expiry=strict))
    world.register()
    answer = world.authenticator.get(world.start_login())
    now[0] += 3600
    assert world.call("POST", "/login/finalize", answer).status_code == status


def test_credentials_can_be_added_by_the_thousand(world: World) -> None:
    key = SoftwareAuthenticator(origin=ORIGIN)
    for index in range(1000):
        user_id = f"user-{index % 100}"
        world.fake.add_credential(world.tenant, user_id=user_id, public_key=cbor({1: index}), is_mfa=index == 1)
    response = world.call("GET", "/credentials?per_page=300&page=4")
    assert response.headers["X-Total-Count"] == "1000"
    assert len(response.json()) == 100
    assert len(world.call("GET", "/credentials?user_id=user-1").json()) == 10
    assert key.credentials == {}


def test_a_second_factor_is_kept_apart(world: World) -> None:
    assert world.register(kind="/mfa").status_code == 200
    assert world.login(kind="/mfa", user_id="ada-1").status_code == 200
    (key,) = world.authenticator.credentials
    assert world.login(credential_id=key, user_handle=b"ada-1").status_code == 401


def test_deleting_a_tenant_deletes_its_credentials(world: World) -> None:
    world.register()
    assert world.admin("DELETE", f"/tenants/{world.tenant.id}").status_code == 204
    assert world.fake.state.credentials == {}
    assert world.call("GET", "/credentials").status_code == 404


def test_the_admin_api_has_metrics_and_the_public_api_has_none(world: World) -> None:
    metrics = world.admin("GET", "/metrics")
    assert metrics.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "\nhanko_requests_total{" in metrics.text
    assert world.session.get(f"{world.base}/metrics").status_code == 400


def test_the_admin_api_knows_no_other_paths(world: World) -> None:
    for method, path in (
        ("GET", "/health"),
        ("POST", "/metrics"),
        ("POST", f"/tenants/{world.tenant.id}"),
        ("GET", f"/tenants/{world.tenant.id}/secrets/tls"),
    ):
        assert world.admin(method, path).status_code == 404
    allowed = world.admin("GET", "/tenants", headers={"Origin": "https://anywhere.example"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "*"


def test_the_status_page_takes_no_post(world: World) -> None:
    assert world.session.post(world.base).status_code == 405
    assert world.session.get(world.base).text.startswith("\n<!DOCTYPE html>")


def test_a_last_jwk_secret_takes_the_tenant_along(world: World) -> None:
    path = f"/tenants/{world.tenant.id}/secrets/jwk"
    secret = world.admin("GET", path).json()[0]
    world.admin("DELETE", f"{path}/{secret['id']}")
    assert world.call("POST", "/login/initialize", {}).status_code == 500


def test_a_new_secret_shows_nanoseconds_once(world: World) -> None:
    path = f"/tenants/{world.tenant.id}/secrets/api"
    created = world.admin("POST", path, {"name": "ci"}).json()["created_at"]
    assert created.endswith("702Z")
    listed = world.admin("GET", path).json()[-1]["created_at"]
    assert len(listed) <= len("2026-11-21T05:39:20.278337Z") < len(created)


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ("7", "Unmarshal type error: expected=request.InitLoginDto, got=number, field=, offset=1"),
        ("true", "Unmarshal type error: expected=request.InitLoginDto, got=bool, field=, offset=4"),
        (
            '{"a": {}, "user_id" : ["x"]}',
            "Unmarshal type error: expected=string, got=array, field=user_id, offset=23",
        ),
        ('{"user_id": true}', "Unmarshal type error: expected=string, got=bool, field=user_id, offset=16"),
        ('{"user_id": "x', "unexpected EOF"),
        (
            '{"user_id": nul}',
            "Syntax error: offset=13, error=invalid character '}' in literal null (expecting 'l')",
        ),
        ("<", "Syntax error: offset=1, error=invalid character '<' looking for beginning of value"),
    ],
)
def test_json_that_is_not_what_was_asked_for(world: World, body: str, details: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = world.call("POST", "/login/initialize", data=body, headers=headers)
    assert (response.status_code, response.json()["details"]) == (400, details)


def test_null_is_an_empty_body(world: World) -> None:
    response = world.call("POST", "/login/initialize", data="null", headers={"Content-Type": "application/json"})
    assert "allowCredentials" not in response.json()["publicKey"]


def test_chunked_bodies_are_thrown_away_except_by_finalize(world: World) -> None:
    world.register()
    headers = {"Content-Type": "application/json"}
    response = world.call("POST", "/login/initialize", data=iter([b'{"user_id":"ada-1"}']), headers=headers)
    assert "allowCredentials" not in response.json()["publicKey"]
    answer = json.dumps(world.authenticator.get(response.json())).encode()
    assert world.call("POST", "/login/finalize", data=iter([answer[:50], answer[50:]])).status_code == 200


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "unexpected end of JSON input"),
        ("nul", "unexpected end of JSON input"),
        ("x", "invalid character 'x' looking for beginning of value"),
        ("tru3", "invalid character '3' in literal true (expecting 'e')"),
    ],
)
def test_complaints_about_characters(text: str, complaint: str) -> None:
    assert invalid_character(text, 0) == complaint


def mutated(answer: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    target = answer["response"] if name in answer["response"] else answer
    target[name] = value
    return answer


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 5),
        ("rawId", 5),
        ("response", [1]),
        ("response", None),
        ("transports", "usb"),
        ("transports", [1]),
        ("clientDataJSON", b64url(b"[]")),
        ("clientDataJSON", b64url(b'{"type": 1}')),
        ("attestationObject", b64url(cbor([1]))),
        ("attestationObject", b64url(b"\xff")),
    ],
)
def test_malformed_registrations(world: World, name: str, value: Any) -> None:
    start = world.call("POST", "/registration/initialize", {"user_id": "u", "username": "u"}).json()
    answer = mutated(world.authenticator.create(start), name, value)
    response = world.call("POST", "/registration/finalize", answer)
    assert (response.status_code, response.json()["title"]) == (
        400,
        "unable to parse credential creation response",
    )
    assert not world.fake.errors


@pytest.mark.parametrize(
    "overrides",
    [{"trailing": b"!"}, {"public_key": cbor([1])}, {"flags": {"ed": True}}, {"attestation_statement": [1]}],
)
def test_attested_data_that_cannot_be_read(world: World, overrides: dict[str, Any]) -> None:
    response = world.register(**overrides)
    assert (response.status_code, response.json()["details"]) == (400, "Error parsing attestation response")
    assert not world.fake.errors


@pytest.mark.parametrize("statement", [{"alg": -7}, {"alg": -7, "sig": "text"}, {"alg": -7, "sig": b"no DER"}])
def test_packed_statements_without_a_signature(world: World, statement: dict[str, Any]) -> None:
    response = world.register(fmt="packed", attestation_statement=statement)
    assert response.json()["details"] == "Unable to verify signature"


def test_extensions_are_read(world: World) -> None:
    assert world.register(extensions={"credProtect": 2}).status_code == 200


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ({1: 2, 3: -7, -1: 1, -2: b"\1" * 32, -3: b"\2" * 32}, NO_REASON),  # no point of the curve
        ({1: 2, 3: -7, -1: 9, -2: b"", -3: b""}, NO_REASON),
        ({1: 2, 3: -7}, NO_REASON),
        ({1: 1, 3: -8, -1: 6, -2: b"short"}, NO_REASON),
        ({1: 3, 3: -257, -1: b"\1", -2: b"\1"}, RSA_FAULT),
        ({1: 3, 3: -37}, RSA_FAULT),
        ({1: 2, 3: -47}, UNSUPPORTED),
        ({1: 2, 3: [1]}, UNSUPPORTED),
        ({}, UNSUPPORTED),
    ],
)
def test_keys_that_verify_nothing(key: dict[int, Any], fault: str) -> None:
    der = unb64url("MAYCAQECAQE")
    assert signature_fault(key, der, b"data") == fault
    if key.get(3) == -7:
        assert signature_fault(key, b"x", b"data") == NOT_DER


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "1.5"),
        (1e20, "100000000000000000000"),
        (2**63, "9223372036854776000"),
        (1e21, "1e+21"),
        (-1.5e-7, "-1.5e-7"),
        (1e-6, "0.000001"),
        (0, "0"),
        ({"b": [True, None], "a<": "ü&"}, '{"a\\u003c":"ü\\u0026","b":[true,null]}'),
    ],
)
def test_numbers_as_go_writes_them(value: Any, text: str) -> None:
    assert go_json(value) == text


def test_a_bug_of_the_fake_is_loud(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.tenant.keys.append(None)  # type: ignore[arg-type]
    assert world.call("POST", "/login/initialize", {}).status_code == 500
    assert len(world.fake.errors) == 1
    assert "login/initialize" in caplog.text


def test_audit_log_by_wildcard_and_time(world: World) -> None:
    world.register()
    assert len(world.call("GET", "/audit_logs?actor_user_id=a%25-_").json()) == 2
    assert world.call("GET", "/audit_logs?actor_user_id=eve").json() == []
    assert world.call("GET", "/audit_logs?q=ada").headers["X-Total-Count"] == "2"
    assert world.call("GET", "/audit_logs?page=-1").status_code == 200
