"""Parses and verifies what browsers send, with the error texts of go-webauthn 0.10."""

import hashlib
import io
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import cbor2

from ..encoding import cbor, unb64url
from .signatures import signature_fault
from .wire.bodies import invalid_character

_ID = re.compile(r"[A-Za-z0-9_-]+")


class Refused(Exception):
    """A WebAuthn check failed. The argument is go-webauthn's `details`."""


class UserNotVerified(Exception):
    """The UV flag is required but missing. For this error, a registration has a special status."""


@dataclass(frozen=True, kw_only=True)
class ClientData:
    """clientDataJSON, decoded."""

    type: str
    challenge: str
    origin: str
    hash: bytes


@dataclass(frozen=True, kw_only=True)
class AuthenticatorData:
    """Authenticator data. In an assertion, the attested members are None."""

    raw: bytes = field(repr=False)
    rp_id_hash: bytes
    flags: int
    aaguid: uuid.UUID | None = None
    credential_id: bytes | None = None
    public_key: Mapping[int, Any] | None = None

    @property
    def backup_eligible(self) -> bool:
        """The BE flag."""
        return bool(self.flags & 0x08)

    @property
    def backup_state(self) -> bool:
        """The BS flag."""
        return bool(self.flags & 0x10)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The members that both kinds of answers have, decoded from base64url."""

    raw_id: str
    response: Mapping[str, Any]
    transports: tuple[str, ...]


def parse_answer(body: bytes, *, binary: tuple[str, ...], parse_error: str, verbose: bool) -> Answer:
    """The outer JSON of an answer. Raises Refused, whose text names the reason only if `verbose`."""
    try:
        document = json.loads(body.decode("utf-8", "replace"))
        answer, fault = _answer(document, binary), _outer_fault(document)
    except (ValueError, TypeError, AttributeError) as error:
        raise Refused(parse_error) from error
    if fault:
        raise Refused(f"CredentialAssertionResponse with {fault}" if verbose else parse_error)
    return answer


def _answer(document: Mapping[str, Any], binary: tuple[str, ...]) -> Answer:
    response = document.get("response") or {}
    transports = response.get("transports") or document.get("transports") or []
    if not isinstance(transports, list) or not all(isinstance(transport, str) for transport in transports):
        raise TypeError(transports)
    return Answer(
        raw_id=(document.get("rawId") or "").rstrip("="),
        response={name: tolerant_bytes(response.get(name)) for name in binary},
        transports=tuple(transports),
    )


def _outer_fault(document: Mapping[str, Any]) -> str | None:
    credential_id = document.get("id") or ""
    if not credential_id:
        return "ID missing"
    if not _ID.fullmatch(credential_id):
        return "ID not base64url encoded"
    return None if document.get("type") == "public-key" else "bad type"


def tolerant_bytes(text: str | None) -> bytes | None:
    """The decoded base64url, with or without padding as at the server. None for an absent member."""
    return None if text is None else unb64url(text.rstrip("="))


def parse_client_data(raw: bytes) -> ClientData:
    """clientDataJSON, parsed. Raises Refused with Go's error text about the JSON."""
    text = raw.decode("utf-8", "replace")
    try:
        members = json.loads(text)
        given = {name: members.get(name) or "" for name in ("type", "challenge", "origin")}
        if not all(isinstance(value, str) for value in given.values()):
            raise TypeError(given)
    except json.JSONDecodeError as error:
        raise Refused(invalid_character(text, error.pos)) from error
    except (AttributeError, TypeError) as error:
        raise Refused("json: cannot unmarshal value into Go value of type protocol.CollectedClientData") from error
    return ClientData(hash=hashlib.sha256(raw).digest(), **given)


def parse_authenticator_data(raw: bytes) -> AuthenticatorData:
    """Authenticator data, parsed to the last byte. Raises Refused."""
    try:
        return _authenticator_data(raw)
    except (ValueError, cbor2.CBORError, EOFError) as error:
        raise Refused("Error unmarshalling auth data") from error


def _authenticator_data(raw: bytes) -> AuthenticatorData:
    if len(raw) < 37:
        raise ValueError("too short")
    stream = io.BytesIO(raw[37:])
    flags = raw[32]
    attested = _attested(stream) if flags & 0x40 else {}
    if flags & 0x80:
        cbor2.CBORDecoder(stream).decode()
    if stream.read(1):
        raise ValueError("too long")
    return AuthenticatorData(raw=raw, rp_id_hash=raw[:32], flags=flags, **attested)


def _attested(stream: io.BytesIO) -> dict[str, Any]:
    aaguid = uuid.UUID(bytes=stream.read(16))
    credential_id = stream.read(int.from_bytes(stream.read(2)))
    public_key = cbor2.CBORDecoder(stream).decode()
    if not isinstance(public_key, dict):
        raise ValueError("no COSE key")
    return {"aaguid": aaguid, "credential_id": credential_id, "public_key": public_key}


@dataclass(frozen=True, kw_only=True)
class Attestation:
    """An attestation object."""

    format: str
    statement: Mapping[str, Any]
    authenticator_data: AuthenticatorData

    def verify(self, client_data: ClientData) -> None:
        """Verify the formats "none" and "packed" (self attestation). Raises Refused, also for other formats."""
        if self.format == "packed" and "x5c" not in self.statement:
            self._verify_packed(client_data)
        elif self.format != "none" or self.statement:
            raise Refused("Invalid attestation format")

    def _verify_packed(self, client_data: ClientData) -> None:
        key = self.authenticator_data.public_key or {}
        if self.statement.get("alg") != key.get(3):
            raise Refused("Public key algorithm does not equal att statement algorithm")
        signature = self.statement.get("sig")
        signed = self.authenticator_data.raw + client_data.hash
        if not isinstance(signature, bytes) or signature_fault(key, signature, signed):
            raise Refused("Unable to verify signature")


def parse_attestation(raw: bytes) -> Attestation:
    """An attestation object, parsed. Raises Refused, also without attested data."""
    try:
        decoded = cbor2.loads(raw)
        data = parse_authenticator_data(decoded["authData"])
        attestation = Attestation(format=decoded["fmt"], statement=decoded["attStmt"], authenticator_data=data)
    except (ValueError, TypeError, KeyError, EOFError, cbor2.CBORError) as error:
        raise Refused("Error parsing attestation response") from error
    if data.public_key is None or not isinstance(attestation.statement, dict):
        raise Refused("Error parsing attestation response")
    return attestation


def canonical_key(key: Mapping[int, Any]) -> bytes:
    """The COSE key in the form that the server stores."""
    return cbor(key)


def check_client_data(client_data: ClientData, *, expected_type: str, origins: tuple[str, ...]) -> None:
    """Check ceremony type and origin. Raises Refused."""
    if client_data.type != expected_type:
        raise Refused("Error validating ceremony type")
    origin = _bare_origin(client_data.origin)
    if origin is None:
        raise Refused("Error decoding clientData origin as URL")
    if origin.casefold() not in {allowed.casefold() for allowed in origins}:
        raise Refused("Error validating origin")


def _bare_origin(origin: str) -> str | None:
    """The origin without path, query and user info. (Configured origins are compared as they are.)"""
    if origin.startswith("android:apk-key-hash:"):
        return origin
    parts = urlsplit(origin)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}" if parts.scheme and host else None


def check_authenticator_data(data: AuthenticatorData, *, rp_id: str, user_verification: str) -> None:
    """Check relying party and flags. Raises Refused, UserNotVerified."""
    if data.rp_id_hash != hashlib.sha256(rp_id.encode()).digest() or not data.flags & 0x01:
        raise Refused("Error validating the authenticator response")
    if user_verification == "required" and not data.flags & 0x04:
        raise UserNotVerified
