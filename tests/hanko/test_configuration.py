"""The configuration of a tenant: defaults, round trips, and what is refused before it is stored."""

from dataclasses import replace

import pytest

from passkeys_django.hanko import (
    Configuration,
    Cors,
    HankoInvalidRequest,
    HankoProtocolError,
    MfaConfiguration,
    RelyingParty,
    WebauthnConfiguration,
)
from tests.hanko.conftest import BASE_URL, TENANT

ORIGIN = "http://localhost:8080"
PARTY = RelyingParty(id="localhost", display_name="Demo", origins=(ORIGIN,))
MINIMAL = Configuration(relying_party=PARTY)
DEFAULTS = "defaults that were filled in"


def with_origins(*origins):
    return Configuration(relying_party=replace(PARTY, origins=origins))


def test_everything_that_can_be_said_is_sent(recorded):
    exchange = recorded("admin_tenant_create", "every field, with an API key")
    body = exchange.request["body"]
    configuration = Configuration.from_wire(body["config"])
    exchange.client.create_tenant(
        display_name=body["display_name"], configuration=configuration, create_api_key=True
    )
    assert exchange.sent() == body


def test_a_stored_configuration_comes_back_as_it_was_and_can_be_sent_again(recorded):
    exchange = recorded("admin_tenant_create", "what was stored")
    stored = exchange.response["body"]
    tenant = exchange.client.get_tenant(tenant_id=stored["id"])
    sent = tenant.configuration.to_wire()
    assert sent == stored["config"]
    assert Configuration.from_wire(sent) == tenant.configuration


def test_our_defaults_are_the_servers(recorded):
    exchange = recorded("admin_tenant_create", DEFAULTS)
    stored = exchange.client.get_tenant(tenant_id=exchange.response["body"]["id"]).configuration
    assert stored.webauthn == WebauthnConfiguration()
    assert stored.mfa == MfaConfiguration()
    assert stored.cors == Cors(allowed_origins=(ORIGIN,))
    assert stored == replace(MINIMAL, relying_party=stored.relying_party, mfa=stored.mfa, cors=stored.cors)


def test_a_minimal_configuration_leaves_second_factors_to_the_server():
    assert MINIMAL.to_wire() == {
        "cors": {"allowed_origins": [ORIGIN], "allow_unsafe_wildcard": False},
        "webauthn": {
            "relying_party": {"id": "localhost", "display_name": "Demo", "origins": [ORIGIN]},
            "timeout": 60000,
            "user_verification": "required",
            "attestation_preference": "direct",
            "resident_key_requirement": "required",
        },
    }


def test_allow_unsafe_wildcard_is_always_sent():
    for value in (True, False):
        cors = Cors(allowed_origins=("*",), allow_unsafe_wildcard=value)
        assert replace(MINIMAL, cors=cors).to_wire()["cors"]["allow_unsafe_wildcard"] is value


def test_the_zeros_of_a_tenant_older_than_second_factors_are_none():
    zeros = {"timeout": 0, "user_verification": "", "attestation_preference": "", "resident_key_requirement": ""}
    configuration = Configuration.from_wire({**MINIMAL.to_wire(), "mfa": zeros})
    assert configuration.mfa is None
    assert "mfa" not in configuration.to_wire()


def test_replacing_the_configuration(recorded):
    exchange = recorded("admin_tenants", "replace the configuration")
    tenant = exchange.request["path"].split("/")[2]
    configuration = Configuration.from_wire(exchange.request["body"])
    exchange.client.update_configuration(tenant_id=tenant, configuration=configuration)
    sent = exchange.sent()
    assert {name: sent[name] for name in exchange.request["body"] if name != "webauthn"} == {
        name: value for name, value in exchange.request["body"].items() if name != "webauthn"
    }
    assert sent["webauthn"] == {**configuration.webauthn.to_wire(), **exchange.request["body"]["webauthn"]}


def test_what_the_server_refuses_is_an_invalid_request(recorded):
    exchange = recorded("admin_tenants", "configuration with nothing in it")
    tenant = exchange.request["path"].split("/")[2]
    with pytest.raises(HankoInvalidRequest, match="unable to update tenant config"):
        exchange.client.update_configuration(tenant_id=tenant, configuration=MINIMAL)


@pytest.mark.parametrize(
    ("origin", "complaint"),
    [
        ("https://example.com/", r"must not end in a slash.*write 'https://example.com'"),
        ("https://example.com//", r"must not end in a slash"),
        ("example.com", r"must begin with a scheme.*write 'https://example.com'"),
        ("localhost:8000", r"must begin with a scheme"),
        ("https://example.com/app", r"must be scheme, host and port"),
        ("https://example.com?x", r"must be scheme, host and port"),
        ("https://example.com:443", r"must not name the default port"),
        ("HTTP://example.com:80", r"must not name the default port"),
        ("", r"must not be blank"),
    ],
)
def test_trap_20_origins_that_never_match_are_refused_with_the_reason(admin, origin, complaint):
    with pytest.raises(ValueError, match=f"^origins {complaint}"):
        admin.create_tenant(display_name="Demo", configuration=with_origins(ORIGIN, origin))
    cors = Cors(allowed_origins=(origin,))
    with pytest.raises(ValueError, match=f"^allowed_origins {complaint}"):
        admin.update_configuration(tenant_id=TENANT, configuration=replace(MINIMAL, cors=cors))


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com",
        "HTTPS://Example.com",
        "http://[::1]:8000",
        "https://x:80",
        "android:apk-key-hash:aGk",
    ],
)
def test_trap_20_other_origins_pass(origin):
    assert replace(PARTY, origins=(origin,)).to_wire()["origins"] == [origin]


def test_trap_20_wildcards_of_cors_pass():
    allowed = ("*", "https://*.example.com")
    assert Cors(allowed_origins=allowed).to_wire()["allowed_origins"] == list(allowed)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"relying_party": replace(PARTY, id=" ")}, "rp id must not be blank"),
        ({"relying_party": replace(PARTY, display_name="")}, "display_name must not be blank"),
        ({"relying_party": replace(PARTY, icon="")}, "icon must not be blank"),
        ({"relying_party": replace(PARTY, origins=(ORIGIN, ORIGIN))}, "origins must not name an origin twice"),
        ({"relying_party": replace(PARTY, origins=ORIGIN)}, "origins must be a list of strings"),
        ({"cors": Cors(allowed_origins=ORIGIN)}, "allowed_origins must be a list of strings"),
        ({"webauthn": WebauthnConfiguration(timeout=0)}, "timeout must be positive"),
        ({"mfa": MfaConfiguration(timeout=-1)}, "timeout must be positive"),
    ],
)
def test_trap_18_configurations_that_break_the_server_are_refused(admin, changes, complaint):
    with pytest.raises(ValueError, match=complaint):
        admin.create_tenant(display_name="Demo", configuration=replace(MINIMAL, **changes))


@pytest.mark.parametrize(
    "change",
    [
        {"webauthn": None},
        {"webauthn": {}},
        {"cors": None},
        {"mfa": {"timeout": 1}},
        {"webauthn": {**MINIMAL.to_wire()["webauthn"], "timeout": "1"}},
        {"webauthn": {**MINIMAL.to_wire()["webauthn"], "timeout": True}},
        {"webauthn": {**MINIMAL.to_wire()["webauthn"], "user_verification": "perhaps"}},
        {"webauthn": {**MINIMAL.to_wire()["webauthn"], "attachment": "glued"}},
    ],
)
def test_configurations_of_the_wrong_shape_are_refused(mocked, admin, change):
    body = {"id": TENANT, "display_name": "Demo", "config": {**MINIMAL.to_wire(), **change}}
    mocked.get(f"{BASE_URL}/tenants/{TENANT}", json=body)
    with pytest.raises(HankoProtocolError):
        admin.get_tenant(tenant_id=TENANT)
