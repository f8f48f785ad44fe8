"""Parses the browser's JSON into checked values, and checks the rules that hold with every provider."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ..exceptions import InvalidCredential
from . import authenticator_data, client_data
from .authenticator_data import AuthenticatorData, parse_assertion, parse_attestation
from .base64url import base64url_decode, base64url_encode
from .client_data import ClientData, parse_client_data
from .descriptors import CREDENTIAL_ID_MAX_BYTES, USER_HANDLE_MAX_BYTES
from .public_keys import is_signed_by
from .relying_party import RelyingParty
from .strict_json import decoded_member, mapping

TRANSPORTS_MAX = 16
_TRANSPORT = re.compile(r"[!-~]{1,32}\Z")
ATTACHMENTS = ("platform", "cross-platform")


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


def claimed_id(credential: object) -> str | None:
    """The credential id that an answer names, before the rest of the answer is read. None if it names none."""
    try:
        return _credential_id(mapping(credential, "credential"))
    except InvalidCredential:
        return None


def open_envelope(credential: object) -> Envelope:
    """The envelope of a credential from `create()` or `get()`, as `toJSON()` or webauthn-json writes it.

    Raises InvalidCredential.
    """
    members = mapping(credential, "credential")
    response = mapping(members.get("response"), "response")
    return Envelope(
        id=_credential_id(members),
        client_data=parse_client_data(decoded_member(response, "clientDataJSON")),
        attachment=_attachment(members),
        response=response,
    )


def read_registration(envelope: Envelope) -> RegistrationCredential:
    """The complete credential from `create()`. Raises InvalidCredential."""
    authenticator_data, aaguid, public_key = parse_attestation(
        decoded_member(envelope.response, "attestationObject"), credential_id=base64url_decode(envelope.id)
    )
    return RegistrationCredential(
        id=envelope.id,
        client_data=envelope.client_data,
        authenticator_data=authenticator_data,
        aaguid=aaguid,
        public_key=public_key,
        transports=read_transports(envelope.response.get("transports")),
        attachment=envelope.attachment,
    )


def read_authentication(envelope: Envelope) -> AuthenticationCredential:
    """The complete credential from `get()`. Raises InvalidCredential."""
    return AuthenticationCredential(
        id=envelope.id,
        client_data=envelope.client_data,
        authenticator_data=parse_assertion(decoded_member(envelope.response, "authenticatorData")),
        signature=decoded_member(envelope.response, "signature"),
        user_handle=_user_handle(envelope.response),
        attachment=envelope.attachment,
    )


def parse_registration(credential: object) -> RegistrationCredential:
    """`open_envelope` and `read_registration` in one call, for callers that need no ceremony."""
    return read_registration(open_envelope(credential))


def parse_authentication(credential: object) -> AuthenticationCredential:
    """`open_envelope` and `read_authentication` in one call, for callers that need no ceremony."""
    return read_authentication(open_envelope(credential))


def _credential_id(members: Mapping[str, Any]) -> str:
    """The credential id in base64url without padding, even if the browser wrote padding."""
    if members.get("type") != "public-key":
        raise InvalidCredential("type is not public-key")
    raw_id = decoded_member(members, "rawId")
    if decoded_member(members, "id") != raw_id:
        raise InvalidCredential("id and rawId differ")
    if not 1 <= len(raw_id) <= CREDENTIAL_ID_MAX_BYTES:
        raise InvalidCredential(f"a credential id of {len(raw_id)} bytes")
    return base64url_encode(raw_id)


def _attachment(members: Mapping[str, Any]) -> str | None:
    """None for an unknown value: some password managers write other values, and nothing depends on this one."""
    value = members.get("authenticatorAttachment")
    return value if value in ATTACHMENTS else None


def read_transports(value: object) -> tuple[str, ...]:
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
    handle = decoded_member(response, "userHandle")
    if not 1 <= len(handle) <= USER_HANDLE_MAX_BYTES:
        raise InvalidCredential(f"a user handle of {len(handle)} bytes")
    return handle


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
    crossOrigin and topOrigin nor the backup flags.
    """
    return client_data.broken_rule(
        credential.client_data, expected_type=expected_type, origins=relying_party.origins
    ) or authenticator_data.broken_rule(
        credential.authenticator_data,
        rp_id_hash=relying_party.id_hash,
        require_user_presence=require_user_presence,
        require_user_verification=require_user_verification,
    )
