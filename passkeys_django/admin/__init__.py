"""Passkeys in Django's admin: staff find, rename, revoke, count and export them.

Staff read the history of passkeys, and the signatures that were made with them.

Removing, renaming and counting rows is done in `lifecycle/` and `maintenance/`.
"""

from .events import PasskeyEventAdmin
from .inline import PasskeyInline
from .passkeys import PasskeyAdmin
from .people.user_filters import PasskeyStateFilter
from .signatures import PasskeySignatureAdmin

__all__ = ["PasskeyAdmin", "PasskeyEventAdmin", "PasskeyInline", "PasskeySignatureAdmin", "PasskeyStateFilter"]
