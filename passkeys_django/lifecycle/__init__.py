"""What happens to a passkey after its registration: it is renamed, removed, revoked, counted as a way to sign in.

What operators do to many passkeys is in `maintenance/`, which removes them with `many_removals.py` of this room.
"""

from .accepted import accepted_credentials, note_removal, note_told, page_signals
from .copies import delete_copy
from .lockout import is_only_way_in, leaves_only_recovery
from .probation import require_no_probation, require_removable
from .removal import Revocation, remember_removal, remove, revoke
from .renaming import rename

__all__ = [
    "Revocation",
    "accepted_credentials",
    "delete_copy",
    "is_only_way_in",
    "leaves_only_recovery",
    "note_removal",
    "note_told",
    "page_signals",
    "remember_removal",
    "remove",
    "rename",
    "require_no_probation",
    "require_removable",
    "revoke",
]
