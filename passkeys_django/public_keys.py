"""COSE public keys: which ones we take, and what they sign."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_cbor,
    verify_signature,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier

EDDSA, ES256, RS256 = -8, -7, -257
ALGORITHMS = (EDDSA, ES256, RS256)
"""COSE algorithms in our order of preference (IANA COSE registry; WebAuthn L3, 5.4)."""
RSA_MIN_BITS, RSA_MAX_BITS = 2048, 8192


def load_public_key(cose_key: bytes) -> tuple[Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey, int]:
    """The usable key in a COSE_Key, and its algorithm.

    Raises ValueError for what can never verify a signature: an algorithm that we do not offer, a key of another
    type than its algorithm, a point off the curve, an RSA key of a bad size or exponent (WebAuthn L3, 5.8.5).
    py_webauthn lets many another exception through on hostile bytes, hence the wide `except`.
    """
    try:
        decoded = decode_credential_public_key(cose_key)
        key = decoded_public_key_to_cryptography(decoded)
    except Exception as exc:
        raise ValueError("unreadable public key") from exc
    algorithm: object = decoded.alg
    match key, algorithm:
        case Ed25519PublicKey(), int(-8):
            return key, EDDSA
        case EllipticCurvePublicKey(curve=SECP256R1()), int(-7):
            return key, ES256
        case RSAPublicKey(), int(-257) if _is_sound(key):
            return key, RS256
    raise ValueError(f"unusable public key of algorithm {str(algorithm)[:20]!r}")


def _is_sound(key: RSAPublicKey) -> bool:
    """Large ones are refused too, which OpenSSL does not verify with, or takes long to; cryptography refuses even
    exponents."""
    numbers = key.public_numbers()
    return RSA_MIN_BITS <= key.key_size <= RSA_MAX_BITS and numbers.n % 2 == 1 and 3 <= numbers.e < 2**32


def is_plain(cose_key: bytes) -> bool:
    """Is nothing in it a boolean or a float? Python takes True and 1.0 for the integer 1, others do not."""
    members = parse_cbor(cose_key)
    return not any(isinstance(item, bool | float) for member in members.items() for item in member)


def is_signed_by(cose_key: bytes, *, signature: bytes, data: bytes) -> bool:
    """Did the owner of this key sign the data? False too for a key that we cannot use."""
    try:
        key, algorithm = load_public_key(cose_key)
        verify_signature(
            public_key=key,
            signature_alg=COSEAlgorithmIdentifier(algorithm),
            signature=signature,
            data=data,
        )
    except (InvalidSignature, ValueError):
        return False
    return True
