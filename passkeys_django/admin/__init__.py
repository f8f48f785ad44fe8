"""Passkeys in Django's admin: staff find, rename, revoke and count them, and read their history.

Removing, renaming and counting rows is done in `lifecycle/` and `maintenance/`.
"""

from .events import PasskeyEventAdmin
from .inline import PasskeyInline
from .passkeys import PasskeyAdmin

__all__ = ["PasskeyAdmin", "PasskeyEventAdmin", "PasskeyInline"]
