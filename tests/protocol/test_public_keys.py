"""COSE keys: those that can verify a signature, and no others."""

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from passkeys_django.protocol.public_keys import ALGORITHMS, is_signed_by, load_public_key
from passkeys_django.testing import cose

DATA = b"authenticator data and client data hash"
KEYS = {algorithm: cose.generate(algorithm) for algorithm in ALGORITHMS}


def changed(algorithm, **members):
    """The COSE key of this algorithm with members replaced, or left out where None. `_3` is label -3."""
    decoded = cbor2.loads(KEYS[algorithm].public_key)
    for name, value in members.items():
        label = int(name.replace("_", "-").lstrip("l"))
        decoded[label] = value
        if value is None:
            del decoded[label]
    return cbor2.dumps(decoded, canonical=True)


def rsa_key(bits=2048, exponent=65537, size=None):
    """A COSE key with a modulus of so many bits, and an exponent written in `size` bytes: as few as it takes."""
    numbers = cose.shared_rsa_key().public_key().public_numbers()
    modulus = (numbers.n << bits) >> 2048 | 1
    size = size or (exponent.bit_length() + 7) // 8 or 1
    return cbor2.dumps(
        {1: 3, 3: -257, -1: modulus.to_bytes(bits // 8), -2: exponent.to_bytes(size)}, canonical=True
    )


def test_c7_the_algorithms_are_offered_in_order_of_preference():
    assert ALGORITHMS == (-7, -8, -257)


@pytest.mark.parametrize(
    ("algorithm", "key_type"),
    [(-8, ed25519.Ed25519PublicKey), (-7, ec.EllipticCurvePublicKey), (-257, rsa.RSAPublicKey)],
)
def test_a_sound_key_is_loaded_with_its_algorithm(algorithm, key_type):
    key, loaded_algorithm = load_public_key(KEYS[algorithm].public_key)

    assert isinstance(key, key_type)
    assert loaded_algorithm == algorithm


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_of_the_owner_verifies(algorithm):
    key = KEYS[algorithm]

    assert is_signed_by(key.public_key, signature=key.sign(DATA), data=DATA)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_over_other_data_does_not_verify(algorithm):
    key = KEYS[algorithm]

    assert not is_signed_by(key.public_key, signature=key.sign(DATA + b"!"), data=DATA)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_of_somebody_else_does_not_verify(algorithm):
    stranger = cose.generate(algorithm if algorithm != cose.RS256 else cose.ES256)

    assert not is_signed_by(KEYS[algorithm].public_key, signature=stranger.sign(DATA), data=DATA)


@pytest.mark.parametrize("signature", [b"", b"\x00", b"\xff" * 64, b"\x30\x00", b"\x00" * 256, b"\x30" * 5000])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signature_that_is_none_does_not_verify(algorithm, signature):
    assert not is_signed_by(KEYS[algorithm].public_key, signature=signature, data=DATA)


UNUSABLE = {
    "nothing": b"",
    "no CBOR": b"\xff\xff",
    "no map": cbor2.dumps([1, 2, 3]),
    "an empty map": cbor2.dumps({}),
    "text": cbor2.dumps("key"),
    "truncated": KEYS[-7].public_key[:-1],
    "an algorithm that is not offered": cose.generate(-35).public_key,
    "an unknown algorithm": changed(-7, l3=-65535),
    "no algorithm": changed(-7, l3=None),
    "an algorithm of the wrong type": changed(-7, l3="ES256"),
    "EdDSA with an EC key": changed(-7, l3=-8),
    "ES256 with an RSA key": changed(-257, l3=-7),
    "RS256 with an EC key": changed(-7, l3=-257),
    "RSASSA-PSS": changed(-257, l3=-37),
    "ES256 on another curve": changed(-7, l_1=2),
    "a real P-384 key for ES256": cbor2.dumps(cbor2.loads(cose.generate(-35).public_key) | {3: -7}),
    "a real P-521 key for ES256": cbor2.dumps(cbor2.loads(cose.generate(-36).public_key) | {3: -7}),
    "no x": changed(-7, l_2=None),
    "a point off the curve": changed(-7, l_3=b"\x01" * 32),
    "coordinates that are too short": changed(-7, l_2=b"\x01"),
    "coordinates that are no bytes": changed(-7, l_2="x"),
    "an Ed25519 key of 31 bytes": changed(-8, l_2=b"\x01" * 31),
    "an Ed25519 key on another curve": changed(-8, l_1=7),
    "a short RSA key": rsa_key(bits=1024),
    "an RSA key one byte too short": rsa_key(bits=2040),
    "an RSA key one byte too long": rsa_key(bits=8200),
    "RSA exponent 0": rsa_key(exponent=0),
    "RSA exponent 1": rsa_key(exponent=1),
    "RSA exponent 2": rsa_key(exponent=2),
    "an even RSA exponent": rsa_key(exponent=65536),
    "RSA exponent 3, in one byte": rsa_key(exponent=3),
    "RSA exponent 3, in three bytes": rsa_key(exponent=3, size=3),
    "RSA exponent 17": rsa_key(exponent=17),
    "RSA exponent 257, in two bytes": rsa_key(exponent=257),
    "an RSA exponent over 65537": rsa_key(exponent=65539),
    "RSA exponent 65537 after a leading zero": rsa_key(size=4),
    "a sound RSA key but for its exponent": cose.rsa_pair(public_exponent=3).public_key,
    "an RSA modulus of nothing": changed(-257, l_1=b""),
}


@pytest.mark.parametrize("key", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_r8_r9_w3_what_can_never_verify_a_signature_is_refused(key):
    with pytest.raises(ValueError, match="public key"):
        load_public_key(key)


@pytest.mark.parametrize("bits", [2048, 3072, 4096, 8192])
def test_w3_an_rsa_key_of_exponent_65537_is_loaded(bits):
    assert load_public_key(rsa_key(bits))[1] == -257


def test_w3_a_good_signature_by_a_stored_key_of_another_exponent_counts_for_nothing():
    key = cose.rsa_pair(public_exponent=3)

    assert not is_signed_by(key.public_key, signature=key.sign(DATA), data=DATA)


def test_w3_the_kit_writes_an_exponent_in_as_few_bytes_as_it_takes():
    assert cbor2.loads(cose.rsa_pair(public_exponent=3).public_key)[-2] == b"\x03"
    assert cbor2.loads(KEYS[-257].public_key)[-2] == b"\x01\x00\x01"


@pytest.mark.parametrize("key", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_nothing_is_signed_by_an_unusable_key(key):
    assert not is_signed_by(key, signature=b"\x00" * 64, data=DATA)
