"""COSE public keys: which ones we take, and what they sign."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    verify_signature,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import DecodedRSAPublicKey

from . import cbor

EDDSA, ES256, RS256 = -8, -7, -257
ALGORITHMS = (ES256, EDDSA, RS256)
"""COSE algorithms in our order of preference (IANA COSE registry; WebAuthn L3, 5.4).

ES256 is first, because Firefox 114 to 118 make broken Ed25519 keys where EdDSA is."""
RSA_MIN_BITS, RSA_MAX_BITS = 2048, 8192
RSA_EXPONENT = b"\x01\x00\x01"
"""65537, in as few bytes as it takes (RFC 8230, 4). Authenticators use no other, and Hanko's server (go-webauthn
0.10) drops the connection when somebody logs in with a key whose exponent is shorter than these three bytes."""


def load_public_key(cose_key: bytes) -> tuple[Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey, int]:
    """The usable key in a COSE_Key, and its algorithm.

    Raises ValueError for what can never verify a signature: an algorithm that we do not offer, a key of another
    type than its algorithm, a point off the curve, an RSA key of a bad size or exponent (WebAuthn L3, 5.8.5).
    py_webauthn lets many another exception through on hostile bytes, hence the wide `except`.
    """
    try:
        _check_members(cbor.decode(cose_key))  # first: py_webauthn's decoder does what CBOR tags say
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
        case RSAPublicKey(), int(-257) if isinstance(decoded, DecodedRSAPublicKey) and _is_sound(key, decoded.e):
            return key, RS256
    raise ValueError(f"unusable public key of algorithm {str(algorithm)[:20]!r}")


def _check_members(members: object) -> None:
    """Python takes True and 1.0 for the integer 1, and others do not. Raises ValueError."""
    if not isinstance(members, dict) or any(isinstance(value, bool | float) for value in members.values()):
        raise ValueError("no map, or a boolean or a float in it")


def _is_sound(key: RSAPublicKey, exponent: bytes) -> bool:
    """Is the RSA key one that an authenticator makes? OpenSSL takes long to verify with larger ones, or refuses.

    `exponent` is compared as it is written: others than we may read leading zeros in another way.
    """
    is_odd = key.public_numbers().n % 2 == 1
    return RSA_MIN_BITS <= key.key_size <= RSA_MAX_BITS and is_odd and exponent == RSA_EXPONENT


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
