"""Keys at a registration (WebAuthn L3, 5.8.5 and 6.5.1; RFC 9052; RFC 8949, 4.2)."""

import pytest

from passkeys_django.testing import cose
from tests.security.hostile.attempts import attempts
from tests.security.hostile.keys import ML_DSA, NOT_CANONICAL, NOT_OFFERED, RS256, UNUSABLE, changed_key, ones

pytestmark = pytest.mark.django_db

HERE = attempts("registration")


def keys(table):
    """Forgeries: public keys by name."""
    return {name: {"public_key": public_key} for name, public_key in table.items()}


@HERE
def test_c8_r8_ml_dsa_is_not_offered_and_not_taken(attempt):
    attempt.assert_each_forgery_refused(keys(ML_DSA), attempt.malformed)


@attempts("registration", "registration at Hanko")
def test_r8_an_algorithm_that_was_not_offered_is_refused(attempt):
    attempt.assert_each_forgery_refused(keys(NOT_OFFERED), attempt.malformed)


@HERE
def test_r9_a_key_that_can_never_verify_a_signature_is_refused(attempt):
    attempt.assert_each_forgery_refused(keys(UNUSABLE), attempt.malformed)


@HERE
def test_r9_a_key_that_is_not_in_canonical_cbor_is_refused(attempt):
    attempt.assert_each_forgery_refused(keys(NOT_CANONICAL), attempt.malformed)


@attempts("registration", "registration at Hanko")
def test_r9_w3_a_real_rsa_key_with_an_exponent_of_one_byte_is_refused(attempt):
    public_key = cose.rsa_pair(public_exponent=3).public_key
    attempt.assert_each_forgery_refused(keys({"exponent 3": public_key}), attempt.malformed)


@pytest.mark.parametrize("bits", [2048, 3072, 4096, 8192])
@HERE
def test_r9_rsa_keys_of_2048_to_8192_bits_are_accepted(attempt, bits):
    attempt.assert_accepted(attempt.answer(public_key=changed_key(RS256, n=ones(bits))))
