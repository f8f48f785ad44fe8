"""Verifies signatures with COSE keys, with the error texts of go-webauthn and Go's crypto."""

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from .. import cose

NO_REASON = "<nil>"
NOT_DER = "Signature invalid or not provided"
RSA_FAULT = "crypto/rsa: verification error"
UNSUPPORTED = "Unsupported public key algorithm"


def panics(key: Mapping[int, Any]) -> bool:
    """Does go-webauthn 0.10 crash on this key? It reads three bytes of an RSA exponent, even of a shorter one."""
    return key.get(1) == 3 and len(key.get(-2, b"")) < 3


def signature_fault(key: Mapping[int, Any], signature: bytes, data: bytes) -> str | None:
    """None if `key` made this `signature` over `data`, otherwise Go's error text."""
    match key.get(1), key.get(3):
        case 2, int(algorithm) if algorithm in cose.EC_HASHES:
            return _ec_fault(key, signature, data)
        case 3, int(algorithm) if algorithm in cose.RSA_HASHES:
            return _rsa_fault(key, signature, data)
        case 1, cose.EDDSA:
            return _ed25519_fault(key, signature, data)
    return UNSUPPORTED


def _ec_fault(key: Mapping[int, Any], signature: bytes, data: bytes) -> str | None:
    try:
        decode_dss_signature(signature)
    except ValueError:
        return NOT_DER
    try:
        cose.decode_ec(key).verify(signature, data, ec.ECDSA(cose.EC_HASHES[key[3]]))
    except (InvalidSignature, ValueError, TypeError, KeyError):
        return NO_REASON
    return None


def _rsa_fault(key: Mapping[int, Any], signature: bytes, data: bytes) -> str | None:
    algorithm = key[3]
    hash_algorithm = cose.RSA_HASHES[algorithm]
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm in cose.PSS:  # Go accepts a salt of any length
        scheme = padding.PSS(mgf=padding.MGF1(hash_algorithm), salt_length=padding.PSS.AUTO)
    try:
        cose.decode_rsa(key).verify(signature, data, scheme, hash_algorithm)
    except (InvalidSignature, ValueError, TypeError, KeyError):
        return RSA_FAULT
    return None


def _ed25519_fault(key: Mapping[int, Any], signature: bytes, data: bytes) -> str | None:
    try:
        cose.decode_ed25519(key).verify(signature, data)
    except (InvalidSignature, ValueError, TypeError, KeyError):
        return NO_REASON
    return None
