"""CBOR that strangers send: nothing does what its tags say, and nobody reads it before cookie and limits."""

from importlib import import_module
from types import SimpleNamespace

import cbor2
import pytest

from passkeys_django.protocol import cbor
from passkeys_django.protocol.public_keys import is_signed_by, load_public_key
from tests.conftest import ceremony_cookies, refusal
from tests.security.hostile.attempts import HERE, attempts
from tests.security.hostile.keys import ES256
from tests.signup.test_signup import Newcomer

pytestmark = pytest.mark.django_db

TAGS = {
    "a regular expression": (35, "(?i)" + "[\x00-\uffff]" * 20),
    "an e-mail": (36, "Content-Type: multipart/mixed; boundary=x\n\n"),
    "a decimal": (4, [2**62, 1]),
    "a big float": (5, [2**62, 1]),
    "a rational": (30, [1, 0]),
    "a bignum": (2, b"\xff" * 20_000),
    "a date": (0, "2027-01-01T00:00:00Z"),
    "a UUID": (37, bytes(16)),
    "a set": (258, [1]),
    "an address": (260, bytes(4)),
    "a shared value": (28, [1]),
    "a tag that nobody knows": (2**40, 0),
}
TAGGED = {name: cbor2.dumps(cbor2.CBORTag(tag, value)) for name, (tag, value) in TAGS.items()}


def key_with(value):
    """A good public key with one more member."""
    return b"\xa6" + ES256[1:] + b"\x61x" + value


@pytest.fixture
def decoded(monkeypatch):
    """What py_webauthn's decoder was given."""
    given, loads = [], cbor2.loads

    def spy(data, **options):
        given.append(bytes(data))
        return loads(data, **options)

    module = import_module("webauthn.helpers.parse_cbor")
    monkeypatch.setattr(module, "cbor2", SimpleNamespace(loads=spy))
    return given


def holds_a_tag(given):
    return any(value in data for data in given for value in TAGGED.values())


def in_an_extension(value):
    return lambda raw: raw[:32] + bytes([raw[32] | 0x80]) + raw[33:] + b"\xa1\x61x" + value


@HERE
def test_w1_a_tag_in_an_extension_is_refused_undone(attempt, decoded):
    lies = {name: {"authenticator_data": in_an_extension(value)} for name, value in TAGGED.items()}

    attempt.assert_each_forgery_refused(lies, attempt.malformed)
    assert not holds_a_tag(decoded)


def in_the_statement(value):
    return lambda raw: raw.replace(b"\x64none", b"\x66packed").replace(b"attStmt\xa0", b"attStmt\xa1\x61x" + value)


@attempts("registration")
def test_w1_a_tag_in_a_statement_or_a_key_is_refused_undone(attempt, decoded):
    statements = {name: {"attestation_object": in_the_statement(value)} for name, value in TAGGED.items()}
    keys = {f"{name} in a key": {"public_key": key_with(value)} for name, value in TAGGED.items()}

    attempt.assert_each_forgery_refused(statements | keys, attempt.malformed)
    assert not holds_a_tag(decoded)


@pytest.mark.parametrize("value", TAGGED.values(), ids=TAGGED)
def test_w1_a_stored_key_with_a_tag_is_as_good_as_none(value, decoded):
    """Adoption and imports ask the same function, so such a key is not stored either."""
    assert load_public_key(ES256)
    decoded.clear()

    with pytest.raises(ValueError, match="public key"):
        load_public_key(key_with(value))
    assert not is_signed_by(key_with(value), signature=b"", data=b"")
    assert decoded == []


def backwards(raw):
    return cbor2.dumps(dict(reversed(cbor2.loads(raw).items())))


@attempts("registration")
def test_w1_maps_may_have_their_members_in_any_order(attempt):
    """Some authenticators do not sort them."""
    attempt.assert_accepted(attempt.forged(attestation_object=backwards, public_key=backwards(ES256)))


# Cookie and limits first


@pytest.fixture
def readings(monkeypatch):
    """How often somebody's CBOR was read."""
    calls, decode_item = [], cbor.decode_item

    def spy(data, start):
        calls.append(start)
        return decode_item(data, start)

    monkeypatch.setattr(cbor, "decode_item", spy)
    return calls


@HERE
def test_w2_no_cbor_is_read_without_the_ceremonys_cookie(attempt, readings):
    credential = attempt.forged(extensions={"credProtect": 2})
    for name in ceremony_cookies(attempt.browser.client):
        del attempt.browser.client.cookies[name]

    attempt.assert_refused(credential, "ceremony_not_found")
    assert readings == []


@HERE
def test_w2_no_cbor_is_read_over_the_limit(attempt, readings, settings):
    settings.PASSKEY_RATE_LIMITS = {attempt.finalize: "1/d"}
    refusal(attempt.send({}))

    attempt.assert_refused(attempt.answer(extensions={"credProtect": 2}), "throttled")
    assert readings == []


@HERE
def test_w2_with_cookie_and_within_the_limits_it_is_read(attempt, readings):
    attempt.assert_accepted(attempt.answer(extensions={"credProtect": 2}))
    assert readings


def test_w2_no_cbor_is_read_without_the_cookie_of_a_sign_up(readings):
    newcomer = Newcomer()
    credential = newcomer.answer()

    assert refusal(Newcomer().post("finalize-signup", credential))[1] == "ceremony_not_found"
    assert readings == []
    assert newcomer.post("finalize-signup", credential).status_code == 201
    assert readings
