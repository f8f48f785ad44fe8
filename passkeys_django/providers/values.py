"""What a provider takes and returns: a user as authenticators see them, and a service's copies of credentials."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ..protocol.descriptors import handle_spellings


@dataclass(frozen=True, kw_only=True)
class UserEntity:
    """The user as authenticators see it (WebAuthn L3, 5.4.3). `handle` is opaque text."""

    handle: str
    name: str
    display_name: str


@dataclass(frozen=True, kw_only=True)
class UnreadableCredential:
    """A service's copy that we cannot read. The caller reports the `reason` and skips the copy."""

    id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ProviderCredential:
    """A service's copy of a credential. `user_id` is the user handle's text, `public_key` COSE bytes.

    `is_second_factor`: the credential cannot log in, and we leave it alone.
    """

    id: str
    user_id: str
    public_key: bytes
    name: str
    aaguid: UUID
    transports: tuple[str, ...]
    backup_eligible: bool
    backup_state: bool
    created_at: datetime
    last_used_at: datetime | None
    is_second_factor: bool

    def is_of(self, user_handle: bytes) -> bool:
        """Does the copy belong to this user, in any spelling of the handle?"""
        # No handle has lone surrogates. `surrogatepass` keeps them, so that such a user_id equals no handle.
        return self.user_id.encode(errors="surrogatepass") in handle_spellings(user_handle)
