"""The browser's JSON: strict types, canonical encodings, frozen values, and the rules common to all providers."""

import base64
import copy
import dataclasses
import json
import uuid

import cbor2
import pytest

from passkeys_django.exceptions import InvalidCredential
from passkeys_django.protocol.authenticator_data import AuthenticatorData, parse_attestation, unattested
from passkeys_django.protocol.base64url import base64url_decode, base64url_encode
from passkeys_django.protocol.credentials import (
    AuthenticationCredential,
    ClientData,
    RegistrationCredential,
    broken_rule,
    claimed_id,
    parse_authentication,
    parse_registration,
)
from passkeys_django.protocol.public_keys import ALGORITHMS
from passkeys_django.protocol.relying_party import RelyingParty
from passkeys_django.testing import SoftwareAuthenticator

RELYING_PARTY = RelyingParty(id="example.com", name="Example", origins=("https://example.com",))
CHALLENGE = base64url_encode(bytes(range(32)))
HANDLE = b"h" * 43
CREATION_OPTIONS = {
    "rp": {"id": "example.com", "name": "Example"},
    "user": {"id": base64url_encode(HANDLE), "name": "ada", "displayName": "Ada"},
    "challenge": CHALLENGE,
    "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
}
REQUEST_OPTIONS = {"rpId": "example.com", "challenge": CHALLENGE}


@pytest.fixture
def authenticator():
    return SoftwareAuthenticator(origin="https://example.com")


@pytest.fixture
def registration(authenticator):
    return authenticator.create(CREATION_OPTIONS)


@pytest.fixture
def assertion(authenticator, registration):
    return authenticator.get(REQUEST_OPTIONS)


@pytest.fixture(params=["registration", "assertion"])
def either(request):
    """A credential and the function that parses it."""
    parse = {"registration": parse_registration, "assertion": parse_authentication}[request.param]
    return request.getfixturevalue(request.param), parse


def with_client_data(credential, client_data):
    raw = client_data if isinstance(client_data, bytes) else json.dumps(client_data).encode()
    return with_response(credential, clientDataJSON=base64url_encode(raw))


def with_response(credential, **members):
    changed = copy.deepcopy(credential)
    changed["response"].update(members)
    return changed


def attestation(credential, **members):
    """The credential with members of its attestation object replaced."""
    decoded = cbor2.loads(base64url_decode(credential["response"]["attestationObject"]))
    return with_response(credential, attestationObject=base64url_encode(cbor2.dumps({**decoded, **members})))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_registration_is_parsed_into_what_the_browser_meant(algorithm):
    authenticator = SoftwareAuthenticator(origin="https://example.com", algorithm=algorithm, counter=7)

    parsed = parse_registration(authenticator.create(CREATION_OPTIONS))

    (stored,) = authenticator.credentials.values()
    assert parsed.id == stored.credential_id
    assert parsed.public_key == stored.public_key
    assert parsed.aaguid == authenticator.aaguid
    assert parsed.transports == ("internal", "hybrid")
    assert parsed.attachment == "platform"
    assert parsed.client_data.type == "webauthn.create"
    assert parsed.client_data.challenge == CHALLENGE
    assert parsed.client_data.origin == "https://example.com"
    assert parsed.client_data.cross_origin is False
    assert parsed.client_data.top_origin is None
    assert parsed.authenticator_data.rp_id_hash == RELYING_PARTY.id_hash
    assert parsed.authenticator_data.sign_count == 7
    assert parsed.authenticator_data.user_present is True
    assert parsed.authenticator_data.user_verified is True


def test_an_assertion_is_parsed_into_what_the_browser_meant(authenticator, assertion):
    parsed = parse_authentication(assertion)

    assert parsed.id == assertion["id"]
    assert parsed.user_handle == HANDLE
    assert parsed.signature == base64url_decode(assertion["response"]["signature"])
    assert parsed.client_data.raw == base64url_decode(assertion["response"]["clientDataJSON"])
    assert parsed.client_data.type == "webauthn.get"
    assert parsed.authenticator_data.raw == base64url_decode(assertion["response"]["authenticatorData"])


@pytest.mark.parametrize("flag", ["up", "uv", "be", "bs"])
def test_each_flag_is_read_from_its_own_bit(authenticator, registration, flag):
    flags = dict.fromkeys(["up", "uv", "be", "bs"], False) | {flag: True}

    data = parse_authentication(authenticator.get(REQUEST_OPTIONS, flags=flags)).authenticator_data

    read = {
        "up": data.user_present,
        "uv": data.user_verified,
        "be": data.backup_eligible,
        "bs": data.backup_state,
    }
    assert read == flags


@pytest.mark.parametrize("kind", [ClientData, AuthenticatorData, RegistrationCredential, AuthenticationCredential])
def test_parsed_values_are_frozen_and_take_no_other_attributes(kind):
    assert kind.__dataclass_params__.frozen
    assert kind.__slots__ == tuple(field.name for field in dataclasses.fields(kind))


def test_a_parsed_value_cannot_be_changed(assertion):
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse_authentication(assertion).id = "other"


def test_members_that_we_do_not_know_are_ignored(either):
    credential, parse = either
    extended = {**credential, "clientExtensionResults": {"credProps": {"rk": True}}, "publicKey": 5}

    assert parse(with_response(extended, publicKeyAlgorithm="?", authenticatorExtra=None)) == parse(credential)


@pytest.mark.parametrize("value", [None, [], "", "{}", 1, True, [["id", "x"]]])
def test_a_credential_that_is_no_object_is_refused(value):
    with pytest.raises(InvalidCredential):
        parse_registration(value)
    with pytest.raises(InvalidCredential):
        parse_authentication(value)


@pytest.mark.parametrize(
    "value", [None, "", "x", 5, 1.5, True, [], {}, ["AAAA"], "AAA=", "AA+/", " AAAA"], ids=repr
)
@pytest.mark.parametrize("name", ["id", "rawId"])
def test_an_id_of_the_wrong_kind_is_refused(either, name, value):
    credential, parse = either

    with pytest.raises(InvalidCredential):
        parse({**credential, name: value})


@pytest.mark.parametrize("value", [None, "", "password", "Public-Key", 1, ["public-key"], {}], ids=repr)
def test_only_public_key_credentials_are_taken(either, value):
    credential, parse = either

    with pytest.raises(InvalidCredential):
        parse({**credential, "type": value})


@pytest.mark.parametrize("name", ["id", "rawId", "type", "response"])
def test_a_missing_member_is_refused(either, name):
    credential, parse = either
    del credential[name]

    with pytest.raises(InvalidCredential):
        parse(credential)


@pytest.mark.parametrize("value", [None, [], "x", 1], ids=repr)
def test_a_response_that_is_no_object_is_refused(either, value):
    credential, parse = either

    with pytest.raises(InvalidCredential):
        parse({**credential, "response": value})


@pytest.mark.parametrize("value", [None, 5, True, [], {}, "", "!", "AAAA", "A", "AB", "AA==", "\ud800"], ids=ascii)
@pytest.mark.parametrize("name", ["clientDataJSON", "attestationObject"])
def test_a_registration_with_unusable_bytes_is_refused(registration, name, value):
    with pytest.raises(InvalidCredential):
        parse_registration(with_response(registration, **{name: value}))


@pytest.mark.parametrize("value", [None, 5, True, [], {}, "!", "A", "AB", "=AA", "\ud800"], ids=ascii)
@pytest.mark.parametrize("name", ["clientDataJSON", "authenticatorData", "signature"])
def test_an_assertion_with_unusable_bytes_is_refused(assertion, name, value):
    with pytest.raises(InvalidCredential):
        parse_authentication(with_response(assertion, **{name: value}))


def test_the_other_alphabet_of_base64_is_refused(assertion):
    with pytest.raises(InvalidCredential, match="signature"):
        parse_authentication(with_response(assertion, signature=base64.b64encode(b"\xff" * 70).decode()))


def test_padding_is_forgiven_and_forgotten(either):
    credential, parse = either
    padded = {
        **credential,
        "id": credential["id"] + "=",
        "response": {
            name: value + "==" if isinstance(value, str) else value
            for name, value in credential["response"].items()
        },
    }

    assert parse(padded) == parse(credential)


def test_a_challenge_with_padding_is_another_text(either):
    """What was signed is compared to the letter."""
    credential, parse = either
    members = json.loads(base64url_decode(credential["response"]["clientDataJSON"]))

    with pytest.raises(InvalidCredential, match="challenge"):
        parse(with_client_data(credential, members | {"challenge": CHALLENGE + "="}))


def test_a_byte_order_mark_before_client_data_is_skipped_and_signed(either):
    credential, parse = either
    raw = base64url_decode(credential["response"]["clientDataJSON"])

    parsed = parse(with_client_data(credential, b"\xef\xbb\xbf" + raw)).client_data

    assert parsed.raw == b"\xef\xbb\xbf" + raw
    assert parsed.challenge == CHALLENGE


@pytest.mark.parametrize("length", [1, 16, 191, 192, 1023])
def test_credential_ids_may_have_up_to_1023_bytes(authenticator, length):
    credential = authenticator.create(CREATION_OPTIONS, credential_id=b"i" * length)

    assert parse_registration(credential).id == base64url_encode(b"i" * length)


def test_a_longer_credential_id_is_refused(authenticator):
    with pytest.raises(InvalidCredential, match="1024 bytes"):
        parse_registration(authenticator.create(CREATION_OPTIONS, credential_id=b"i" * 1024))


def test_an_attested_id_that_is_not_the_reported_one_is_refused(authenticator, registration):
    other = authenticator.create(CREATION_OPTIONS)
    registration["id"] = registration["rawId"] = other["id"]

    with pytest.raises(InvalidCredential, match="attested credential id"):
        parse_registration(registration)


@pytest.mark.parametrize("handle", ["=", base64url_encode(b"h" * 65), 5, [], True, "A"], ids=repr)
def test_a_user_handle_of_the_wrong_kind_or_length_is_refused(assertion, handle):
    with pytest.raises(InvalidCredential):
        parse_authentication(with_response(assertion, userHandle=handle))


def test_a_user_handle_may_be_missing_null_or_empty(assertion):
    assert parse_authentication(with_response(assertion, userHandle=None)).user_handle is None
    assert parse_authentication(with_response(assertion, userHandle="")).user_handle is None
    del assertion["response"]["userHandle"]
    assert parse_authentication(assertion).user_handle is None


@pytest.mark.parametrize(
    ("transports", "parsed"),
    [
        (None, ()),
        ([], ()),
        (["usb", "nfc", "usb"], ("usb", "nfc")),
        (["something-new"], ("something-new",)),
        ([str(number) for number in range(17)], tuple(str(number) for number in range(16))),
        ("usb", ()),
        ({"usb": 1}, ()),
        ([1, None, ["usb"], "", "u sb", "usb\n", "\u00fc", "x" * 33, "nfc"], ("nfc",)),
    ],
)
def test_transports_that_are_words_are_kept_in_order_and_each_once(registration, transports, parsed):
    assert parse_registration(with_response(registration, transports=transports)).transports == parsed


@pytest.mark.parametrize("value", [None, "", "roaming", 5, [], {}, ["platform"]], ids=repr)
def test_an_attachment_that_nobody_knows_is_none(either, value):
    credential, parse = either

    assert parse({**credential, "authenticatorAttachment": value}).attachment is None


@pytest.mark.parametrize(
    "client_data",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b'{"type": "\xff"}',
        b"[" * 40_000,
        b'{"a":' * 40_000,
        b"1" * 5_000,
        {},
        {"type": 1},
        {"challenge": None},
        {"challenge": 5},
        {"challenge": "AA=="},
        {"challenge": "not base64url"},
        {"origin": None},
        {"origin": ["https://example.com"]},
        {"crossOrigin": None},
        {"crossOrigin": "false"},
        {"crossOrigin": 0},
        {"topOrigin": 5},
        {"topOrigin": ["https://example.com"]},
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_client_data_of_the_wrong_shape_is_refused(either, client_data):
    credential, parse = either
    if isinstance(client_data, dict) and client_data:
        right = json.loads(base64url_decode(credential["response"]["clientDataJSON"]))
        client_data = {**right, **client_data}

    with pytest.raises(InvalidCredential):
        parse(with_client_data(credential, client_data))


@pytest.mark.parametrize("name", ["type", "challenge", "origin"])
def test_client_data_without_a_required_member_is_refused(either, name):
    credential, parse = either
    members = json.loads(base64url_decode(credential["response"]["clientDataJSON"]))
    del members[name]

    with pytest.raises(InvalidCredential):
        parse(with_client_data(credential, members))


def test_client_data_without_cross_origin_means_same_origin(either):
    credential, parse = either
    members = json.loads(base64url_decode(credential["response"]["clientDataJSON"]))
    del members["crossOrigin"]

    assert parse(with_client_data(credential, members)).client_data.cross_origin is False


@pytest.mark.parametrize(
    "overrides",
    [
        {"trailing": b"\x00"},
        {"trailing": b"\xa0"},
        {"flags": {"at": True}},
        {"flags": {"ed": True}},
        {"extensions": {"credProtect": 2}, "trailing": b"!"},
    ],
    ids=repr,
)
def test_an_assertion_whose_authenticator_data_does_not_add_up_is_refused(authenticator, registration, overrides):
    with pytest.raises(InvalidCredential):
        parse_authentication(authenticator.get(REQUEST_OPTIONS, **overrides))


@pytest.mark.parametrize("length", [*range(37), 1000], ids=str)
def test_authenticator_data_of_the_wrong_length_is_refused(assertion, length):
    raw = base64url_encode(b"\x01" * length)

    with pytest.raises(InvalidCredential):
        parse_authentication(with_response(assertion, authenticatorData=raw))


def test_an_assertion_with_attested_data_is_refused(assertion, registration):
    """Complete and well formed, but in the wrong ceremony."""
    data = cbor2.loads(base64url_decode(registration["response"]["attestationObject"]))["authData"]

    with pytest.raises(InvalidCredential, match="attested data"):
        parse_authentication(with_response(assertion, authenticatorData=base64url_encode(data)))


def test_what_the_library_would_repair_is_refused(authenticator):
    """It reads three members where there are four, as some authenticators of old wrote Ed25519 keys."""
    written = b"\xa3" + cbor2.dumps({1: "OKP", 3: -8, -1: "Ed25519", -2: b"\x01" * 32})[1:]

    with pytest.raises(InvalidCredential, match="announce"):
        parse_registration(authenticator.create(CREATION_OPTIONS, public_key=written))


@pytest.mark.parametrize("number", [b"\x18\x02", b"\x19\x00\x02"], ids=repr)
def test_a_key_in_longer_words_than_needed_is_refused(authenticator, registration, number):
    key = parse_registration(registration).public_key
    assert key.startswith(b"\xa5\x01\x02")
    longer = key[:2] + number + key[3:]

    with pytest.raises(InvalidCredential):
        parse_registration(authenticator.create(CREATION_OPTIONS, public_key=longer))


def test_extensions_of_the_authenticator_are_accepted(authenticator):
    credential = authenticator.create(CREATION_OPTIONS, extensions={"credProtect": 2})

    assert parse_registration(credential).id == credential["id"]
    assert parse_authentication(authenticator.get(REQUEST_OPTIONS, extensions={"uvm": [1, 2]}))


@pytest.mark.parametrize(
    "overrides",
    [
        {"trailing": b"\x00"},
        {"flags": {"at": False}},
        {"flags": {"ed": True}},
        {"public_key": b""},
        {"public_key": b"\xff"},
        {"public_key": cbor2.dumps({1: 2, 3: -7, -1: 1, -2: b"\x01" * 32, -3: b"\x01" * 32}, canonical=True)},
        {"public_key": cbor2.dumps({})},
        {"attestation_statement": {"x": 1}},
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_an_attestation_that_does_not_add_up_is_refused(authenticator, overrides):
    with pytest.raises(InvalidCredential):
        parse_registration(authenticator.create(CREATION_OPTIONS, **overrides))


@pytest.mark.parametrize(
    "members",
    [{"authData": "text"}, {"authData": None}, {"fmt": 5}, {"fmt": None}, {"attStmt": []}, {"attStmt": None}],
    ids=repr,
)
def test_an_attestation_object_with_members_of_the_wrong_type_is_refused(registration, members):
    with pytest.raises(InvalidCredential):
        parse_registration(attestation(registration, **members))


@pytest.mark.parametrize("value", [[], "text", 5, None, {}, {"fmt": "none"}], ids=repr)
def test_an_attestation_object_of_another_shape_is_refused(registration, value):
    raw = base64url_encode(cbor2.dumps(value))

    with pytest.raises(InvalidCredential):
        parse_registration(with_response(registration, attestationObject=raw))


@pytest.mark.parametrize("raw", [b"", b"\xff", b"\x9f" * 30_000, b"\x81" * 30_000, b"\xa3", b"\x5f\x41"], ids=len)
def test_hostile_cbor_is_refused(registration, raw):
    with pytest.raises(InvalidCredential):
        parse_registration(with_response(registration, attestationObject=base64url_encode(raw)))


@pytest.mark.parametrize("fmt", ["packed", "fido-u2f", "something-new"])
def test_a_statement_that_nobody_asked_for_is_not_judged(authenticator, fmt):
    statement = {} if fmt == "packed" else {"attestation_statement": {"sig": b"nonsense"}}

    assert parse_registration(authenticator.create(CREATION_OPTIONS, fmt=fmt, **statement))


def test_unattested_keeps_the_authenticator_data_and_nothing_else(authenticator):
    credential = authenticator.create(CREATION_OPTIONS, fmt="packed")
    parsed = parse_registration(credential)

    raw = unattested(parsed.authenticator_data)

    assert cbor2.loads(raw) == {"fmt": "none", "attStmt": {}, "authData": parsed.authenticator_data.raw}
    data, aaguid, public_key = parse_attestation(raw, credential_id=base64url_decode(parsed.id))
    assert (data, aaguid, public_key) == (parsed.authenticator_data, parsed.aaguid, parsed.public_key)


def test_an_aaguid_of_zeros_is_fine(authenticator):
    credential = authenticator.create(CREATION_OPTIONS, aaguid=uuid.UUID(int=0))

    assert parse_registration(credential).aaguid == uuid.UUID(int=0)


def rule_broken_by(authenticator, *, require_user_presence=True, require_user_verification=True, **overrides):
    return broken_rule(
        parse_authentication(authenticator.get(REQUEST_OPTIONS, **overrides)),
        expected_type="webauthn.get",
        relying_party=RELYING_PARTY,
        require_user_presence=require_user_presence,
        require_user_verification=require_user_verification,
    )


def test_a_faultless_credential_breaks_no_rule(authenticator, registration):
    assert rule_broken_by(authenticator) is None


@pytest.mark.parametrize(
    ("overrides", "rule"),
    [
        ({"client_data": {"type": "webauthn.create"}}, "type"),
        ({"client_data": {"type": "Webauthn.get"}}, "type"),
        ({"client_data": {"type": "payment.get"}}, "type"),
        ({"origin": "https://evil.example"}, "origin"),
        ({"origin": "https://example.com:444"}, "origin"),
        ({"origin": "https://example.com/"}, "origin"),
        ({"origin": "http://example.com"}, "origin"),
        ({"origin": "https://www.example.com"}, "origin"),
        ({"origin": "HTTPS://EXAMPLE.COM"}, "origin"),
        ({"origin": "null"}, "origin"),
        ({"client_data": {"crossOrigin": True}}, "crossOrigin"),
        ({"client_data": {"topOrigin": "https://example.com"}}, "crossOrigin"),
        ({"client_data": {"topOrigin": ""}}, "crossOrigin"),
        ({"rp_id": "evil.example"}, "RP ID"),
        ({"rp_id": "www.example.com"}, "RP ID"),
        ({"flags": {"up": False}}, "not present"),
        ({"flags": {"uv": False}}, "not verified"),
        ({"flags": {"be": False, "bs": True}}, "not eligible"),
    ],
    ids=repr,
)
def test_each_rule_is_named_when_it_is_broken(authenticator, registration, overrides, rule):
    assert rule in rule_broken_by(authenticator, **overrides)


def test_presence_and_verification_count_only_where_they_were_asked_for(authenticator, registration):
    assert rule_broken_by(authenticator, require_user_presence=False, flags={"up": False}) is None
    assert rule_broken_by(authenticator, require_user_verification=False, flags={"uv": False}) is None


@pytest.mark.parametrize("member", ["type", "origin"])
def test_a_rule_names_at_most_a_hundred_characters_of_the_browsers(authenticator, registration, member):
    rule = rule_broken_by(authenticator, client_data={member: "x\n" * 10_000})

    assert len(rule) < 250
    assert "\n" not in rule


def test_the_id_that_an_answer_names_is_the_one_that_is_read(either):
    credential, parse = either
    padded = credential["id"] + "=" * (-len(credential["id"]) % 4)

    assert claimed_id(credential) == parse(credential).id
    assert claimed_id(credential | {"id": padded, "rawId": padded}) == credential["id"]


@pytest.mark.parametrize(
    "changes",
    [{"id": 1}, {"id": "!"}, {"rawId": "AAAA"}, {"type": "password"}],
    ids=["number", "text", "two", "type"],
)
def test_an_answer_that_is_no_credential_names_no_id(assertion, changes):
    assert claimed_id(assertion | changes) is None
    assert claimed_id([assertion]) is None
