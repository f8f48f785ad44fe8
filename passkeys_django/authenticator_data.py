"""What the authenticator says, decoded once (WebAuthn L3, 6.1 and 6.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webauthn.helpers import encode_cbor, parse_authenticator_data, parse_cbor, structs

from .exceptions import InvalidCredential
from .public_keys import is_plain, load_public_key

CBOR_MAP = 5
"""The major type, in the first three bits of an item (RFC 8949, 3.1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthenticatorData:
    """What the authenticator says (WebAuthn L3, 6.1)."""

    raw: bytes
    rp_id_hash: bytes
    user_present: bool
    user_verified: bool
    backup_eligible: bool
    backup_state: bool
    sign_count: int


def parse_assertion(raw: bytes) -> AuthenticatorData:
    """The authenticator data of an assertion, which has no attested credential."""
    data = _decode_authenticator_data(raw)
    if data.flags.at:
        raise InvalidCredential("attested data in an assertion")
    return _authenticator_data(raw, data)


def parse_attestation(raw: bytes, *, credential_id: bytes) -> tuple[AuthenticatorData, UUID, bytes]:
    """Authenticator data, AAGUID and COSE key of an attestation object that attests `credential_id`.

    We ask for no attestation, so a statement is not judged (WebAuthn L3, 7.1 allows it to be treated as none);
    but "none" comes without one.
    """
    auth_data, is_none, statement = _decode_attestation_object(raw)
    if is_none and statement:
        raise InvalidCredential('format "none" with a statement')
    data = _decode_authenticator_data(auth_data)
    attested = data.attested_credential_data
    if attested is None or attested.credential_id != credential_id:
        raise InvalidCredential("the attested credential id is another")
    try:
        load_public_key(attested.credential_public_key)
    except ValueError as exc:
        raise InvalidCredential(str(exc)) from exc
    if not is_plain(attested.credential_public_key):
        raise InvalidCredential("a boolean or a float in the public key")
    return _authenticator_data(auth_data, data), UUID(bytes=attested.aaguid), attested.credential_public_key


def _decode_attestation_object(raw: bytes) -> tuple[bytes, bool, Mapping[Any, Any]]:
    try:
        value = parse_cbor(raw)
        is_canonical = encode_cbor(value) == raw  # py_webauthn ignores what follows the first CBOR item
    except Exception as exc:
        raise InvalidCredential("attestationObject is no CBOR") from exc
    if not is_canonical:
        raise InvalidCredential("attestationObject is not canonical CBOR")
    members = value if isinstance(value, Mapping) else {}
    auth_data, fmt, statement = members.get("authData"), members.get("fmt"), members.get("attStmt")
    if not isinstance(auth_data, bytes) or not isinstance(fmt, str) or not isinstance(statement, Mapping):
        raise InvalidCredential("attestationObject lacks fmt, attStmt or authData")
    return auth_data, fmt == "none", statement


def _decode_authenticator_data(raw: bytes) -> structs.AuthenticatorData:
    try:
        data = parse_authenticator_data(raw)
    except Exception as exc:
        raise InvalidCredential("unreadable authenticator data") from exc
    if not raw[37:] == _canonical_tail(data):
        raise InvalidCredential("authenticator data is not canonical")
    if data.extensions is not None and data.extensions[0] >> 5 != CBOR_MAP:
        raise InvalidCredential("extensions are no map")
    return data


def _canonical_tail(data: structs.AuthenticatorData) -> bytes:
    """What must follow the first 37 bytes: py_webauthn re-encodes the CBOR in it, and repairs some of it."""
    attested, tail = data.attested_credential_data, b""
    if attested is not None:
        tail += attested.aaguid + len(attested.credential_id).to_bytes(2, "big") + attested.credential_id
        tail += attested.credential_public_key
    return tail + (data.extensions or b"")


def _authenticator_data(raw: bytes, data: structs.AuthenticatorData) -> AuthenticatorData:
    return AuthenticatorData(
        raw=raw,
        rp_id_hash=data.rp_id_hash,
        user_present=data.flags.up,
        user_verified=data.flags.uv,
        backup_eligible=data.flags.be,
        backup_state=data.flags.bs,
        sign_count=data.sign_count,
    )


def unattested(data: AuthenticatorData) -> bytes:
    """An attestation object of format "none" around the same authenticator data.

    What a provider gets in place of the browser's: it is spared statements that it cannot judge.
    """
    return encode_cbor({"fmt": "none", "attStmt": {}, "authData": data.raw})
