"""Turns our values into the JSON that we send to Hanko, and Hanko's replies into our values."""

import re
from typing import TypedDict
from uuid import UUID

from ... import hanko
from ...exceptions import InvalidCredential
from ...protocol.authenticator_data import unattested
from ...protocol.base64url import base64url_decode, base64url_encode
from ...protocol.credentials import AuthenticationCredential, RegistrationCredential
from ...protocol.unicode_text import is_visible
from ..base import is_text
from ..values import ProviderCredential, UnreadableCredential, UserEntity

NAME_MAX_LENGTH = 128
UUID_BYTES = 16
CREDENTIAL_ID_MAX_BYTES = 191  # Hanko answers 500 to a longer id


def is_user_id(user_handle: bytes) -> bool:
    """Does Hanko find the user whose id is this text, to the end of a second step or a transaction?

    Hanko reads a handle of 16 bytes as a UUID, and the bytes of a UUID are not text.
    """
    return len(user_handle) != UUID_BYTES and is_text(user_handle)


class User(TypedDict):
    """The arguments with which Hanko's client begins a registration."""

    user_id: str
    username: str
    display_name: str | None


def user_json(user: UserEntity) -> User:
    """The user with names that Hanko can store."""
    return {
        "user_id": user.handle,
        "username": _name(user.name) or user.handle,
        "display_name": _name(user.display_name) or None,
    }


def _name(text: str) -> str:
    """The name in a form that Hanko can store; empty if no character is visible.

    Hanko answers 500 to blank names and to U+0000.
    """
    name = re.sub(r"[\x00\ud800-\udfff]", "", text).strip()[:NAME_MAX_LENGTH]
    return name if is_visible(name) else ""


def check_storable(credential: RegistrationCredential) -> None:
    """Raise InvalidCredential if Hanko cannot store this credential id."""
    if len(base64url_decode(credential.id)) > CREDENTIAL_ID_MAX_BYTES:
        raise InvalidCredential("the credential id is over 191 bytes, and Hanko cannot store such an id")


def registration_json(credential: RegistrationCredential) -> hanko.RegistrationCredential:
    """The credential as JSON, written from checked values: we never forward the browser's own JSON."""
    return {
        "id": credential.id,
        "rawId": credential.id,
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": base64url_encode(credential.client_data.raw),
            "attestationObject": base64url_encode(unattested(credential.authenticator_data)),
            "transports": list(credential.transports),
        },
    }


def authentication_json(
    credential: AuthenticationCredential, user_handle: bytes
) -> hanko.AuthenticationCredential:
    """Like `registration_json`. Browsers may omit the user handle, but Hanko needs the handle to find the user."""
    return {
        "id": credential.id,
        "rawId": credential.id,
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": base64url_encode(credential.client_data.raw),
            "authenticatorData": base64url_encode(credential.authenticator_data.raw),
            "signature": base64url_encode(credential.signature),
            "userHandle": base64url_encode(user_handle),
        },
    }


def read_credential(credential: hanko.Credential) -> ProviderCredential | UnreadableCredential:
    try:
        base64url_decode(credential.id)
        public_key = base64url_decode(credential.public_key)
    except ValueError:
        return UnreadableCredential(id=credential.id, reason="its id or public key is not base64url")
    if credential.user_id is None or credential.created_at is None:
        return UnreadableCredential(id=credential.id, reason="it has no user id or no date")
    return ProviderCredential(
        id=credential.id,
        user_id=credential.user_id,
        public_key=public_key,
        name=credential.name,
        aaguid=credential.aaguid or UUID(int=0),
        transports=credential.transports,
        backup_eligible=credential.backup_eligible,
        backup_state=credential.backup_state,
        created_at=credential.created_at,
        last_used_at=credential.last_used_at,
        is_second_factor=credential.is_mfa,
    )
