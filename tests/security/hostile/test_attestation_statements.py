"""Attestation statements: nobody asked for one, so none is judged (WebAuthn L3, 7.1 step 23)."""

import pytest

from passkeys_django.models import Passkey
from passkeys_django.testing import cose
from tests.security.hostile.attempts import attempts, objects

pytestmark = pytest.mark.django_db

HERE = attempts("registration")
EVERYWHERE = attempts("registration", "registration at Hanko")
JUNK_CERTIFICATE = b"\x30\x82\x01\x00" + bytes(256)
STATEMENTS = {
    "none": {"fmt": "none"},
    "self-attestation": {"fmt": "packed"},
    "a self-attestation with a bad signature": {"fmt": "packed", "tamper_signature": True},
    "packed without anything": {"fmt": "packed", "attestation_statement": {}},
    "an algorithm that is not the key's": {
        "fmt": "packed",
        "attestation_statement": {"alg": -257, "sig": b"\x00"},
    },
    "packed with a certificate that is none": {
        "fmt": "packed",
        "attestation_statement": {"alg": -7, "sig": b"\x00", "x5c": [JUNK_CERTIFICATE]},
    },
    "fido-u2f": {"fmt": "fido-u2f", "attestation_statement": {"sig": b"\x00", "x5c": [JUNK_CERTIFICATE]}},
    "tpm": {
        "fmt": "tpm",
        "attestation_statement": {
            "ver": "2.0",
            "alg": -65535,
            "certInfo": b"\xff" * 64,
            "pubArea": b"",
            "x5c": [],
        },
    },
    "android-key": {"fmt": "android-key", "attestation_statement": {"x5c": "x"}},
    "android-safetynet": {"fmt": "android-safetynet", "attestation_statement": {"response": b"a.b.c"}},
    "apple": {"fmt": "apple", "attestation_statement": {"x5c": []}},
    "an unknown format": {"fmt": "x-2031", "attestation_statement": {"deep": [[1.5]], "\x00": None}},
    "an empty format": {"fmt": "", "attestation_statement": {"x": 1}},
}


@pytest.mark.parametrize("overrides", STATEMENTS.values(), ids=STATEMENTS)
@EVERYWHERE
def test_r10_a_statement_good_or_bad_is_not_judged(attempt, overrides):
    """By policy. L3, 7.1 refuses some of them, where somebody asks for an attestation and has a use for one."""
    attempt.assert_accepted(attempt.answer(**overrides))

    [credential] = attempt.browser.authenticator.credentials.values()
    assert bytes(Passkey.objects.get().public_key) == credential.public_key
    attempt.browser.client.logout()
    assert attempt.browser.login().status_code == 200


@EVERYWHERE
def test_r10_the_format_none_has_no_statement(attempt):
    statements = [{"sig": b"x"}, {"x5c": []}, {"": None}, {0: 0}]
    lies = {repr(statement): {"attestation_statement": statement} for statement in statements}

    attempt.assert_each_forgery_refused(lies, attempt.malformed)


@HERE
def test_r10_a_statement_that_is_not_canonical_cbor_is_refused(attempt):
    def with_statement(statement):
        return lambda raw: raw.replace(b"\x64none", b"\x66packed").replace(b"attStmt\xa0", b"attStmt" + statement)

    statements = {
        "a number longer than need be": b"\xa1\x63alg\x38\x06",
        "a signature of indefinite length": b"\xa1\x63sig\x5f\x41\x00\xff",
        "a member twice": b"\xa2\x63alg\x26\x63alg\x26",
        "deep lists": b"\xa1\x63x5c" + b"\x81" * 15_000 + b"\x00",
        "text that is no UTF-8": b"\xa1\x63ver\x62\xc3\x28",
    }

    lies = {name: with_statement(statement) for name, statement in statements.items()}
    attempt.assert_each_forgery_refused(objects(lies), attempt.malformed)


@pytest.mark.parametrize("algorithm", [cose.EDDSA, cose.RS256], ids=["EdDSA", "RS256"])
@EVERYWHERE
def test_r10_self_attestation_with_every_algorithm_is_accepted(attempt, algorithm):
    attempt.browser.authenticator.algorithm = algorithm

    attempt.assert_accepted(attempt.answer(fmt="packed"))
