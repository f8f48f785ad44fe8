"""What happens to a passkey after its registration."""

from .adoption import Adopted, Reason, Skipped, adopt_credentials
from .lockout import is_only_way_in
from .removal import CopiesLeft, delete_copy, remember_removal, remove, rename, revoke
from .users import UserFinder, user_finder

__all__ = [
    "Adopted",
    "CopiesLeft",
    "Reason",
    "Skipped",
    "UserFinder",
    "adopt_credentials",
    "delete_copy",
    "is_only_way_in",
    "remember_removal",
    "remove",
    "rename",
    "revoke",
    "user_finder",
]
