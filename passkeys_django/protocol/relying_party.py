"""The relying party: the site, as authenticators and browsers know the site (WebAuthn L3, 4)."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """The site. The browser's origin must equal one of `origins` exactly (WebAuthn L3, 13.4.9)."""

    id: str
    name: str
    origins: tuple[str, ...]

    @property
    def id_hash(self) -> bytes:
        """The SHA-256 hash of the RP ID. The authenticator signs this hash in place of the RP ID."""
        return hashlib.sha256(self.id.encode()).digest()

    @property
    def web_origin(self) -> str | None:
        """The first origin that belongs to web pages and not to a native app; None if there is none."""
        return next((origin for origin in self.origins if origin.startswith(("https://", "http://"))), None)
