"""Parses authenticator data and attestation objects (WebAuthn L3, 6.1 and 6.5)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webauthn.helpers import encode_cbor

from ..exceptions import InvalidCredential
from . import cbor
from .public_keys import load_public_key

UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
"""The flags: user present, user verified, backup eligible, backup state, attested data, extensions."""
HEAD = 37
"""Length of RP ID hash, flags and counter in bytes. These three are always present."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthenticatorData:
    """The data that the authenticator made for one ceremony (WebAuthn L3, 6.1). `raw` holds all of its bytes."""

    raw: bytes
    rp_id_hash: bytes
    user_present: bool
    user_verified: bool
    backup_eligible: bool
    backup_state: bool
    sign_count: int


def parse_assertion(raw: bytes) -> AuthenticatorData:
    """The authenticator data of an assertion, which has no attested credential. Raises InvalidCredential."""
    data = _parse_head(raw)
    if raw[32] & AT:
        raise InvalidCredential("attested data in an assertion")
    _check_tail(raw, HEAD)
    return data


def parse_attestation(raw: bytes, *, credential_id: bytes) -> tuple[AuthenticatorData, UUID, bytes]:
    """Authenticator data, AAGUID and COSE key of an attestation object that attests `credential_id`.

    We do not ask for attestation, so a statement is not verified (WebAuthn L3, 7.1 allows to treat it as none).
    Only the format "none" must have an empty statement. Raises InvalidCredential.
    """
    auth_data = _attested_data(raw)
    data = _parse_head(auth_data)
    if not auth_data[32] & AT:
        raise InvalidCredential("no attested data")
    aaguid, attested_id, public_key = _parse_attested(auth_data[HEAD:])
    _check_tail(auth_data, HEAD + 18 + len(attested_id) + len(public_key))
    if attested_id != credential_id:
        raise InvalidCredential("the attested credential id is not the credential's id")
    try:
        load_public_key(public_key)
    except ValueError as exc:
        raise InvalidCredential(str(exc)) from exc
    return data, aaguid, public_key


def parse_attested_credential(raw: bytes) -> tuple[UUID, bytes, bytes]:
    """AAGUID, credential id and COSE key of attested credential data, as other software stores them (6.5.1).

    The key may be unusable. Raises InvalidCredential.
    """
    aaguid, credential_id, public_key = _parse_attested(raw)
    if len(raw) != 18 + len(credential_id) + len(public_key):
        raise InvalidCredential("bytes follow the attested credential data")
    return aaguid, credential_id, public_key


def _parse_attested(raw: bytes) -> tuple[UUID, bytes, bytes]:
    """The same for attested data that extensions may follow."""
    if len(raw) < 18:
        raise InvalidCredential(f"attested credential data of only {len(raw)} bytes")
    id_end = 18 + int.from_bytes(raw[16:18])
    _key, key_end = _decode_item(raw, id_end, "the public key")
    return UUID(bytes=raw[:16]), raw[18:id_end], raw[id_end:key_end]


def _attested_data(raw: bytes) -> bytes:
    """The authenticator data in an attestation object."""
    members, end = _decode_item(raw, 0, "attestationObject")
    if end != len(raw) or not isinstance(members, dict):
        raise InvalidCredential("attestationObject is not a map, or bytes follow it")
    auth_data, fmt, statement = members.get("authData"), members.get("fmt"), members.get("attStmt")
    if not isinstance(auth_data, bytes) or not isinstance(fmt, str) or not isinstance(statement, dict):
        raise InvalidCredential("attestationObject lacks fmt, attStmt or authData")
    if fmt == "none" and statement:
        raise InvalidCredential('format "none" with a statement')
    return auth_data


def _decode_item(data: bytes, start: int, name: str) -> tuple[Any, int]:
    try:
        return cbor.decode_item(data, start)
    except ValueError as exc:
        raise InvalidCredential(f"{name} is not CBOR: {exc}") from exc


def _parse_head(raw: bytes) -> AuthenticatorData:
    if len(raw) < HEAD:
        raise InvalidCredential(f"authenticator data of only {len(raw)} bytes")
    flags = raw[32]
    return AuthenticatorData(
        raw=raw,
        rp_id_hash=raw[:32],
        user_present=bool(flags & UP),
        user_verified=bool(flags & UV),
        backup_eligible=bool(flags & BE),
        backup_state=bool(flags & BS),
        sign_count=int.from_bytes(raw[33:HEAD]),
    )


def _check_tail(raw: bytes, start: int) -> None:
    """Extensions come last, if their flag is set, and nothing may follow. We do not use their content."""
    end = start
    if raw[32] & ED:
        extensions, end = _decode_item(raw, start, "extensions")
        if not isinstance(extensions, dict):
            raise InvalidCredential("extensions are not a map")
    if end != len(raw):
        raise InvalidCredential("authenticator data with more bytes than their flags announce")


def unattested(data: AuthenticatorData) -> bytes:
    """An attestation object of format "none" around the same authenticator data.

    A provider gets this object in place of the browser's, because a provider cannot verify every statement.
    """
    return encode_cbor({"fmt": "none", "attStmt": {}, "authData": data.raw})


def broken_rule(
    data: AuthenticatorData, *, rp_id_hash: bytes, require_user_presence: bool, require_user_verification: bool
) -> str | None:
    """The first rule of WebAuthn L3, 7.1 and 7.2 that the data breaks, in words for the log, else None."""
    rules = {
        # 7.1 step 14, 7.2 step 15: verify that rpIdHash is the SHA-256 hash of the expected RP ID.
        "another RP ID": data.rp_id_hash == rp_id_hash,
        # 7.1 step 15 (except with conditional mediation), 7.2 step 16: verify that the UP bit is set.
        "user not present": data.user_present or not require_user_presence,
        # 7.1 step 16, 7.2 step 17: if user verification is required, verify that the UV bit is set.
        "user not verified": data.user_verified or not require_user_verification,
        # 7.1 step 17, 7.2 step 18: if the BE bit is not set, verify that the BS bit is not set.
        "backed up but not eligible": data.backup_eligible or not data.backup_state,
    }
    return next((rule for rule, kept in rules.items() if not kept), None)
