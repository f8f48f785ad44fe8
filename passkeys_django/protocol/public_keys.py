"""COSE public keys: which keys we accept, and how their signatures are verified."""

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

ES256 is first: if EdDSA is first, Firefox 114 to 118 make broken Ed25519 keys."""
RSA_MIN_BITS, RSA_MAX_BITS = 2048, 8192
RSA_EXPONENT = b"\x01\x00\x01"
"""65537 in the fewest bytes (RFC 8230, 4). Authenticators use no other exponent. Hanko's server (go-webauthn 0.10)
drops the connection when somebody logs in with a key whose exponent is shorter than these three bytes."""


def load_public_key(cose_key: bytes) -> tuple[Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey, int]:
    """The usable key in a COSE_Key, and its algorithm.

    Raises ValueError for a key that can never verify a signature: we do not offer its algorithm, its type does not
    fit its algorithm, its point is not on the curve, or its RSA size or exponent is bad (WebAuthn L3, 5.8.5).
    The `except` is wide because py_webauthn raises many kinds of exceptions on hostile bytes.
    """
    try:
        _check_members(cbor.decode(cose_key))  # before py_webauthn's decoder, which acts on CBOR tags
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
    """Raises ValueError for booleans and floats: in Python, but not elsewhere, True and 1.0 equal 1."""
    if not isinstance(members, dict) or any(isinstance(value, bool | float) for value in members.values()):
        raise ValueError("not a map, or a map with a boolean or a float")


def _is_sound(key: RSAPublicKey, exponent: bytes) -> bool:
    """Does an authenticator make such RSA keys? OpenSSL verifies slowly with larger keys, or refuses them.

    `exponent` is compared byte by byte, because other software may read leading zeros differently.
    """
    is_odd = key.public_numbers().n % 2 == 1
    return RSA_MIN_BITS <= key.key_size <= RSA_MAX_BITS and is_odd and exponent == RSA_EXPONENT


def is_signed_by(cose_key: bytes, *, signature: bytes, data: bytes) -> bool:
    """Did the owner of this key sign the data? Also False for an unusable key."""
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
