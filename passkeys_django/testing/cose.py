"""COSE keys: make keys, sign and verify with them (RFC 9052, RFC 9053, RFC 8812)."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .encoding import cbor

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
CoseMap: TypeAlias = Mapping[int, Any]

ES256, EDDSA, RS256 = -7, -8, -257

EC_HASHES: dict[int, hashes.HashAlgorithm] = {-7: hashes.SHA256(), -35: hashes.SHA384(), -36: hashes.SHA512()}
RSA_HASHES: dict[int, hashes.HashAlgorithm] = {
    -257: hashes.SHA256(),
    -258: hashes.SHA384(),
    -259: hashes.SHA512(),
    -37: hashes.SHA256(),
    -38: hashes.SHA384(),
    -39: hashes.SHA512(),
}
PSS = frozenset({-37, -38, -39})
ALGORITHMS = frozenset({EDDSA, *EC_HASHES, *RSA_HASHES})

_EC_CURVES: dict[int, tuple[ec.EllipticCurve, int]] = {
    -7: (ec.SECP256R1(), 1),
    -35: (ec.SECP384R1(), 2),
    -36: (ec.SECP521R1(), 3),
}
_CURVES_BY_NUMBER = {number: curve for curve, number in _EC_CURVES.values()}


class UnsupportedKey(ValueError):
    """The COSE key has a type or curve that this module does not know."""


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    """A private key, its signature algorithm, and its public key as COSE."""

    algorithm: int
    private_key: PrivateKey = field(repr=False)
    public_key: bytes

    def sign(self, data: bytes) -> bytes:
        """The signature over `data` as WebAuthn wants it: DER for ECDSA, raw for the others."""
        key = self.private_key
        if isinstance(key, ec.EllipticCurvePrivateKey):
            return key.sign(data, ec.ECDSA(EC_HASHES[self.algorithm]))
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, rsa_padding(self.algorithm), RSA_HASHES[self.algorithm])
        return key.sign(data)


def generate(algorithm: int) -> KeyPair:
    """A new key pair. Raises KeyError for an algorithm that is not in `ALGORITHMS`."""
    if algorithm == EDDSA:
        ed_key = ed25519.Ed25519PrivateKey.generate()
        return KeyPair(algorithm=algorithm, private_key=ed_key, public_key=_encode_ed25519(ed_key))
    if algorithm in EC_HASHES:
        curve, number = _EC_CURVES[algorithm]
        ec_key = ec.generate_private_key(curve)
        return KeyPair(algorithm=algorithm, private_key=ec_key, public_key=_encode_ec(ec_key, algorithm, number))
    RSA_HASHES[algorithm]
    rsa_key = shared_rsa_key()
    return KeyPair(algorithm=algorithm, private_key=rsa_key, public_key=_encode_rsa(rsa_key, algorithm))


@functools.cache
def shared_rsa_key() -> rsa.RSAPrivateKey:
    """One RSA key for the whole process: making a key takes a tenth of a second, and tests need many."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def rsa_pair(*, public_exponent: int, key_size: int = 2048, algorithm: int = RS256) -> KeyPair:
    """An RSA key pair with this exponent. The COSE key has the exponent in as few bytes as possible.

    Authenticators use the exponent 65537 only, and servers should refuse any other. Raises ValueError for
    exponents other than 3 and 65537, because cryptography makes no key with them.
    """
    key = rsa.generate_private_key(public_exponent=public_exponent, key_size=key_size)
    return KeyPair(algorithm=algorithm, private_key=key, public_key=_encode_rsa(key, algorithm))


def rsa_padding(algorithm: int) -> padding.AsymmetricPadding:
    """The padding for this algorithm: PSS with a salt as long as the hash, or PKCS #1 v1.5."""
    if algorithm not in PSS:
        return padding.PKCS1v15()
    return padding.PSS(mgf=padding.MGF1(RSA_HASHES[algorithm]), salt_length=padding.PSS.DIGEST_LENGTH)


def decode_ec(key: CoseMap) -> ec.EllipticCurvePublicKey:
    """An EC2 key. Raises UnsupportedKey for an unknown curve, ValueError for a point that is not on the curve."""
    curve = _CURVES_BY_NUMBER.get(key.get(-1, 0))
    if curve is None:
        raise UnsupportedKey("unknown curve")
    x, y = (int.from_bytes(key[label]) for label in (-2, -3))
    return ec.EllipticCurvePublicNumbers(x, y, curve).public_key()


def decode_rsa(key: CoseMap) -> rsa.RSAPublicKey:
    """An RSA key. Raises ValueError for numbers that do not form a key."""
    return rsa.RSAPublicNumbers(int.from_bytes(key[-2]), int.from_bytes(key[-1])).public_key()


def decode_ed25519(key: CoseMap) -> ed25519.Ed25519PublicKey:
    """An Ed25519 key. Raises ValueError if the key does not have 32 bytes."""
    return ed25519.Ed25519PublicKey.from_public_bytes(key[-2])


def _encode_ec(key: ec.EllipticCurvePrivateKey, algorithm: int, curve: int) -> bytes:
    numbers = key.public_key().public_numbers()
    size = (key.curve.key_size + 7) // 8
    return cbor({1: 2, 3: algorithm, -1: curve, -2: numbers.x.to_bytes(size), -3: numbers.y.to_bytes(size)})


def _encode_ed25519(key: ed25519.Ed25519PrivateKey) -> bytes:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return cbor({1: 1, 3: EDDSA, -1: 6, -2: raw})


def _encode_rsa(key: rsa.RSAPrivateKey, algorithm: int) -> bytes:
    numbers = key.public_key().public_numbers()
    return cbor(
        {
            1: 3,
            3: algorithm,
            -1: numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8),
            -2: numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8),
        }
    )
