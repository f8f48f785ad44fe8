"""How many rows the large site has, and which of its passkeys providers hold copies of."""

import os
from dataclasses import dataclass
from typing import Self

MOST_KEYS = 1000
HELD = {"few": (120, 5), "many": (12, 8)}
"""By the provider's identity: of one in so many passkeys, beginning with which. All of these are in use."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many rows to add."""

    users: int
    passkeys: int
    events: int

    @classmethod
    def from_environment(cls) -> Self:
        defaults = {"users": 1_000_000, "passkeys": 1_200_000, "events": 5_000_000}
        sizes = {name: int(os.environ.get(f"SCALE_{name.upper()}", size)) for name, size in defaults.items()}
        return cls(**sizes)

    @property
    def security_keys(self):
        """How many of the passkeys are security keys: these are revoked together, and no provider holds them."""
        return min(MOST_KEYS, self.passkeys // 2)

    def held(self, identity):
        """The numbers of the passkeys of which this provider holds copies."""
        every, first = HELD[identity]
        return (number for number in range(first, self.passkeys + 1, every) if number > self.security_keys)
