"""Who we are: what the settings say, and only in development what the request says."""

import hashlib

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory, override_settings

from passkeys_django.protocol.relying_party import RelyingParty
from passkeys_django.relying_party import get_relying_party

UNSET = {"PASSKEY_RP_ID": None, "PASSKEY_RP_NAME": None, "PASSKEY_ORIGINS": None}


def request_to(host, *, secure=False):
    return RequestFactory().get("/", secure=secure, headers={"host": host})


@override_settings(
    PASSKEY_RP_ID="example.com", PASSKEY_RP_NAME="Example", PASSKEY_ORIGINS=["https://www.example.com"]
)
@pytest.mark.parametrize("debug", [False, True])
def test_the_settings_win_over_the_request(debug):
    with override_settings(DEBUG=debug):
        relying_party = get_relying_party(request_to("localhost:8000"))

    assert relying_party == RelyingParty(id="example.com", name="Example", origins=("https://www.example.com",))


@pytest.mark.parametrize("request_", [None, request_to("testserver")], ids=["no request", "a request"])
def test_d20_without_an_rp_id_in_production_nothing_is_taken_from_the_host_header(request_):
    with override_settings(**UNSET, DEBUG=False), pytest.raises(ImproperlyConfigured, match="PASSKEY_RP_ID"):
        get_relying_party(request_)


def test_without_an_rp_id_and_a_request_there_is_no_relying_party():
    with override_settings(**UNSET, DEBUG=True), pytest.raises(ImproperlyConfigured, match="PASSKEY_RP_ID"):
        get_relying_party(None)


@pytest.mark.parametrize(
    ("host", "secure", "rp_id", "origin"),
    [
        ("localhost", False, "localhost", "http://localhost"),
        ("localhost:8000", False, "localhost", "http://localhost:8000"),
        ("localhost:8443", True, "localhost", "https://localhost:8443"),
        ("app.localhost:8000", False, "app.localhost", "http://app.localhost:8000"),
        ("LOCALHOST:8000", False, "localhost", None),
        ("127.0.0.1:8000", False, "127.0.0.1", "http://127.0.0.1:8000"),
        ("[::1]:8000", False, "[::1]", "http://[::1]:8000"),
    ],
)
def test_d20_in_development_the_request_names_host_and_origin(host, secure, rp_id, origin):
    with override_settings(**UNSET, DEBUG=True, ALLOWED_HOSTS=["*"]):
        relying_party = get_relying_party(request_to(host, secure=secure))

    assert relying_party.id == relying_party.name == rp_id
    assert origin is None or relying_party.origins == (origin,)


def test_d20_a_host_that_is_not_allowed_is_refused_in_development_too():
    from django.core.exceptions import DisallowedHost

    with override_settings(**UNSET, DEBUG=True), pytest.raises(DisallowedHost):
        get_relying_party(request_to("evil.example"))


@override_settings(**UNSET | {"PASSKEY_RP_ID": "example.com"})
@pytest.mark.parametrize("request_", [None, request_to("testserver")], ids=["no request", "a request"])
def test_the_origin_is_the_rp_id_over_https_unless_set(request_):
    assert get_relying_party(request_).origins == ("https://example.com",)


@override_settings(**UNSET | {"PASSKEY_RP_ID": "localhost", "DEBUG": True})
def test_in_development_the_origin_is_the_requests_even_with_an_rp_id():
    assert get_relying_party(request_to("localhost:8123")).origins == ("http://localhost:8123",)


@override_settings(**UNSET | {"PASSKEY_RP_ID": "example.com"})
def test_the_name_is_the_rp_id_unless_set():
    assert get_relying_party(None).name == "example.com"


def test_settings_may_change_at_any_moment():
    with override_settings(PASSKEY_RP_ID="one.example"):
        assert get_relying_party(None).id == "one.example"
        with override_settings(PASSKEY_RP_ID="two.example"):
            assert get_relying_party(None).id == "two.example"
        assert get_relying_party(None).id == "one.example"


def test_the_id_hash_is_what_authenticators_sign():
    relying_party = RelyingParty(id="example.com", name="", origins=())

    assert relying_party.id_hash == hashlib.sha256(b"example.com").digest()
