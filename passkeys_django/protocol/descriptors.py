"""Credential descriptors and user handles, as WebAuthn defines them."""

import base64
import binascii
import contextlib
import uuid
from dataclasses import dataclass
from typing import Any

CREDENTIAL_ID_MAX_BYTES = 1023  # WebAuthn L3, 7.1 step 25
USER_HANDLE_MAX_BYTES = 64  # WebAuthn L3, 5.4.3


@dataclass(frozen=True, kw_only=True)
class CredentialDescriptor:
    """A credential by its id, for `excludeCredentials` and `allowCredentials`."""

    id: str
    transports: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A PublicKeyCredentialDescriptorJSON (WebAuthn L3, 5.8.3)."""
        return {"type": "public-key", "id": self.id, "transports": list(self.transports)}


def handle_spellings(handle: bytes) -> list[bytes]:
    """All user handles that name the same user as this one.

    An authenticator may hold the 16 raw bytes of a UUID where Hanko names the text of the UUID, if the passkey was
    registered before November 2023.
    """
    if len(handle) == 16:
        return [handle, str(uuid.UUID(bytes=handle)).encode()]
    raw = _uuid_bytes(handle)
    return [handle] if raw is None else [handle, raw]


def name_spellings(name: bytes) -> list[bytes]:
    """All user handles that sites have made of a name with python-fido2.

    Some pass on the name, and others its base64url text. Releases of python-fido2 before 1.2 decode what they get,
    and later releases do not.
    """
    spellings = [name, base64.urlsafe_b64encode(name)]
    with contextlib.suppress(binascii.Error):
        spellings.append(base64.urlsafe_b64decode(name + b"=" * (-len(name) % 4)))
    return spellings


def _uuid_bytes(handle: bytes) -> bytes | None:
    """The raw bytes of a handle that is a UUID's usual text, else None."""
    try:
        value = uuid.UUID(handle.decode("ascii"))
    except ValueError:
        return None
    return value.bytes if str(value).encode() == handle else None
