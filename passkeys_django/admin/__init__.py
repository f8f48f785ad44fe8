"""Passkeys in Django's admin: staff find, rename, revoke, count and export them, and read their history.

Removing, renaming and counting rows is done in `lifecycle/` and `maintenance/`.
"""

from .events import PasskeyEventAdmin
from .inline import PasskeyInline
from .passkeys import PasskeyAdmin
from .people.user_filters import PasskeyStateFilter

__all__ = ["PasskeyAdmin", "PasskeyEventAdmin", "PasskeyInline", "PasskeyStateFilter"]
