"""What happens to a passkey after its registration."""

from .accepted import accepted_credentials, forget_removals, note_removal, page_signals
from .adoption import Adopted, Reason, Skipped, adopt_credentials
from .lockout import is_only_way_in
from .removal import Revocation, delete_copy, remember_removal, remove, rename, revoke
from .users import UserFinder, user_finder

__all__ = [
    "Adopted",
    "Reason",
    "Revocation",
    "Skipped",
    "UserFinder",
    "accepted_credentials",
    "adopt_credentials",
    "delete_copy",
    "forget_removals",
    "is_only_way_in",
    "note_removal",
    "page_signals",
    "remember_removal",
    "remove",
    "rename",
    "revoke",
    "user_finder",
]
