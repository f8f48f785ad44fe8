"""The relying party: the site, as authenticators and browsers know the site (WebAuthn L3, 4)."""

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """The site. `origins` are compared with the browser's exactly (WebAuthn L3, 13.4.9)."""

    id: str
    name: str
    origins: tuple[str, ...]

    @property
    def id_hash(self) -> bytes:
        """What the authenticator signs in place of the id."""
        return hashlib.sha256(self.id.encode()).digest()

    @property
    def web_origin(self) -> str | None:
        """Where the site is in a browser: the first origin that is no native app's."""
        return next((origin for origin in self.origins if origin.startswith(("https://", "http://"))), None)
