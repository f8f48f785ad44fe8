"""The check for settings that look like ours, but that nothing reads."""

import re
from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning

from ..check_ids import SETTING_MISSPELT
from ..conf import SETTING_NAMES

LIKENESS = 0.7
"""Between 0 and 1. A site may have its own settings, such as PASSKEY_API_KEY, that resemble none of ours."""
_PREFIX = re.compile(r"PASSKEYS?_?")
_KNOWN = {name.removeprefix("PASSKEY_"): name for name in SETTING_NAMES}


def check_setting_names(**_kwargs: Any) -> list[CheckMessage]:
    """No setting is misspelt: nothing would read the setting, and nobody would notice."""
    return [
        Warning(
            f"{name} is not a setting of passkeys_django, and nothing reads it.",
            hint=f"Did you mean {meant}? docs/reference.md lists all settings.",
            id=SETTING_MISSPELT,
        )
        for name in sorted(set(dir(settings)) - SETTING_NAMES)
        if (prefix := _PREFIX.match(name)) and (meant := _meant(name[prefix.end() :]))
    ]


def _meant(stem: str) -> str | None:
    """The setting whose name is most like this one, without the prefix."""
    nearest = get_close_matches(stem, _KNOWN, n=1, cutoff=LIKENESS)
    return _KNOWN[nearest[0]] if nearest else None
