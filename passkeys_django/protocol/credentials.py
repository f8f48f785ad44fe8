"""Parses the browser's JSON into checked values, and checks the rules that hold with every provider."""

import hashlib
import re
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ..exceptions import InvalidCredential
from .authenticator_data import AuthenticatorData, parse_assertion, parse_attestation
from .base64url import base64url_decode, base64url_encode
from .descriptors import CREDENTIAL_ID_MAX_BYTES, USER_HANDLE_MAX_BYTES
from .public_keys import is_signed_by
from .relying_party import RelyingParty
from .strict_json import parse_json

TRANSPORTS_MAX = 16
_TRANSPORT = re.compile(r"[!-~]{1,32}\Z")
ATTACHMENTS = ("platform", "cross-platform")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientData:
    """What the browser says about the ceremony (WebAuthn L3, 5.8.1). The signature covers the hash of `raw`."""

    raw: bytes
    type: str
    challenge: str
    origin: str
    cross_origin: bool
    top_origin: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistrationCredential:
    """The answer to `navigator.credentials.create()`."""

    id: str
    client_data: ClientData
    authenticator_data: AuthenticatorData
    aaguid: UUID
    public_key: bytes
    transports: tuple[str, ...]
    attachment: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthenticationCredential:
    """The answer to `navigator.credentials.get()`."""

    id: str
    client_data: ClientData
    authenticator_data: AuthenticatorData
    signature: bytes
    user_handle: bytes | None
    attachment: str | None

    def is_signed_by(self, cose_key: bytes) -> bool:
        """Did the owner of this COSE key sign the answer (WebAuthn L3, 7.2 step 21)? False for an unusable key."""
        signed = self.authenticator_data.raw + hashlib.sha256(self.client_data.raw).digest()
        return is_signed_by(cose_key, signature=self.signature, data=signed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """A credential whose client data is parsed, but whose authenticator data is not parsed yet.

    The client data holds the challenge, which names the ceremony. So the cookie and the limits are checked before
    any foreign CBOR is read.
    """

    id: str
    client_data: ClientData
    attachment: str | None
    response: Mapping[str, Any] = field(repr=False)


def open_envelope(credential: object) -> Envelope:
    """The envelope of a credential from `create()` or `get()`, as `toJSON()` or webauthn-json writes it.

    Raises InvalidCredential.
    """
    members = _mapping(credential, "credential")
    response = _mapping(members.get("response"), "response")
    return Envelope(
        id=_credential_id(members),
        client_data=_parse_client_data(_bytes(response, "clientDataJSON")),
        attachment=_attachment(members),
        response=response,
    )


def read_registration(envelope: Envelope) -> RegistrationCredential:
    """The complete credential from `create()`. Raises InvalidCredential."""
    authenticator_data, aaguid, public_key = parse_attestation(
        _bytes(envelope.response, "attestationObject"), credential_id=base64url_decode(envelope.id)
    )
    return RegistrationCredential(
        id=envelope.id,
        client_data=envelope.client_data,
        authenticator_data=authenticator_data,
        aaguid=aaguid,
        public_key=public_key,
        transports=_transports(envelope.response.get("transports")),
        attachment=envelope.attachment,
    )


def read_authentication(envelope: Envelope) -> AuthenticationCredential:
    """The complete credential from `get()`. Raises InvalidCredential."""
    return AuthenticationCredential(
        id=envelope.id,
        client_data=envelope.client_data,
        authenticator_data=parse_assertion(_bytes(envelope.response, "authenticatorData")),
        signature=_bytes(envelope.response, "signature"),
        user_handle=_user_handle(envelope.response),
        attachment=envelope.attachment,
    )


def parse_registration(credential: object) -> RegistrationCredential:
    """`open_envelope` and `read_registration` in one call, for callers that need no ceremony."""
    return read_registration(open_envelope(credential))


def parse_authentication(credential: object) -> AuthenticationCredential:
    """`open_envelope` and `read_authentication` in one call, for callers that need no ceremony."""
    return read_authentication(open_envelope(credential))


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidCredential(f"{name} is not an object")
    return value


def _text(members: Mapping[str, Any], name: str) -> str:
    text = members.get(name)
    if not isinstance(text, str):
        raise InvalidCredential(f"{name} is missing or not a string")
    return text


def _bytes(members: Mapping[str, Any], name: str) -> bytes:
    """Accepts padding, because some browser libraries write it. Refuses everything else that is not base64url."""
    return _decoded(_text(members, name).rstrip("="), name)


def _decoded(text: str, name: str) -> bytes:
    try:
        return base64url_decode(text)
    except ValueError as exc:
        raise InvalidCredential(f"{name} is not base64url") from exc


def _credential_id(members: Mapping[str, Any]) -> str:
    """The credential id in base64url without padding, even if the browser wrote padding."""
    if members.get("type") != "public-key":
        raise InvalidCredential("type is not public-key")
    raw_id = _bytes(members, "rawId")
    if _bytes(members, "id") != raw_id:
        raise InvalidCredential("id and rawId differ")
    if not 1 <= len(raw_id) <= CREDENTIAL_ID_MAX_BYTES:
        raise InvalidCredential(f"a credential id of {len(raw_id)} bytes")
    return base64url_encode(raw_id)


def _attachment(members: Mapping[str, Any]) -> str | None:
    """None for an unknown value: some password managers write other values, and nothing depends on this one."""
    value = members.get("authenticatorAttachment")
    return value if value in ATTACHMENTS else None


def _transports(value: object) -> tuple[str, ...]:
    """The transports that are short words, each once, in order: Hanko answers 500 if a transport occurs twice.

    Transports are unsigned hints. So an unknown or malformed transport is not a reason to refuse a passkey.
    """
    items = value if isinstance(value, list) else []
    words = [item for item in items if isinstance(item, str) and _TRANSPORT.match(item)]
    return tuple(dict.fromkeys(words))[:TRANSPORTS_MAX]


def _user_handle(response: Mapping[str, Any]) -> bytes | None:
    """None if the user handle is missing or empty: Safari 15.4 to 17 and Android send an empty text."""
    if response.get("userHandle") in (None, ""):
        return None
    handle = _bytes(response, "userHandle")
    if not 1 <= len(handle) <= USER_HANDLE_MAX_BYTES:
        raise InvalidCredential(f"a user handle of {len(handle)} bytes")
    return handle


def _parse_client_data(raw: bytes) -> ClientData:
    """Skips a byte order mark before the JSON, as "UTF-8 decode" does (WebAuthn L3, 7.1 step 5, 7.2 step 8)."""
    try:
        members = _mapping(parse_json(raw.removeprefix(BOM_UTF8)), "clientDataJSON")
    except ValueError as exc:
        raise InvalidCredential("clientDataJSON is not JSON") from exc
    _decoded(_text(members, "challenge"), "challenge")
    cross_origin, top_origin = members.get("crossOrigin", False), members.get("topOrigin")
    if not isinstance(cross_origin, bool) or not isinstance(top_origin, str | None):
        raise InvalidCredential("crossOrigin or topOrigin has the wrong type")
    return ClientData(
        raw=raw,
        type=_text(members, "type"),
        challenge=_text(members, "challenge"),
        origin=_text(members, "origin"),
        cross_origin=cross_origin,
        top_origin=top_origin,
    )


def broken_rule(
    credential: RegistrationCredential | AuthenticationCredential,
    *,
    expected_type: str,
    relying_party: RelyingParty,
    require_user_presence: bool,
    require_user_verification: bool,
) -> str | None:
    """The first rule of WebAuthn L3, 7.1 and 7.2 that the credential breaks, in words for the log, else None.

    We check these rules with every provider, because no provider checks all of them: Hanko checks neither
    crossOrigin and topOrigin nor the backup flags. The challenge (7.1 step 8, 7.2 step 11) is not among them:
    `ceremonies/cookies.py` finds the ceremony by the challenge, and refuses an unknown one.
    """
    client, data = credential.client_data, credential.authenticator_data
    rules = {
        # 7.1 step 7, 7.2 step 10: verify that C.type is webauthn.create (7.1) or webauthn.get (7.2).
        f"type {client.type[:100]!r}": client.type == expected_type,
        # 7.1 step 9, 7.2 step 12: verify that C.origin is an origin expected by the Relying Party.
        f"origin {client.origin[:100]!r}": client.origin in relying_party.origins,
        # 7.1 steps 10 and 11, 7.2 steps 13 and 14: if C.crossOrigin is true or C.topOrigin is present, verify that
        # the Relying Party expects an iframe that is not same-origin with its ancestors. We expect none.
        "crossOrigin": not client.cross_origin and client.top_origin is None,
        # 7.1 step 14, 7.2 step 15: verify that rpIdHash is the SHA-256 hash of the expected RP ID.
        "another RP ID": data.rp_id_hash == relying_party.id_hash,
        # 7.1 step 15 (except with conditional mediation), 7.2 step 16: verify that the UP bit is set.
        "user not present": data.user_present or not require_user_presence,
        # 7.1 step 16, 7.2 step 17: if user verification is required, verify that the UV bit is set.
        "user not verified": data.user_verified or not require_user_verification,
        # 7.1 step 17, 7.2 step 18: if the BE bit is not set, verify that the BS bit is not set.
        "backed up but not eligible": data.backup_eligible or not data.backup_state,
    }
    return next((rule for rule, kept in rules.items() if not kept), None)
