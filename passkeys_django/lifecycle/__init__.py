"""What happens to a passkey after its registration."""

from .removal import delete_copy, remember_removal, remove, rename, revoke

__all__ = ["delete_copy", "remember_removal", "remove", "rename", "revoke"]
