"""The stored data, one table in each file. No other room writes ORM filters on credential ids."""

from .event import EventKind, PasskeyEvent
from .lock import Lock, LockManager
from .passkey import (
    NAME_MAX_LENGTH,
    Passkey,
    PasskeyManager,
    PasskeyQuerySet,
    validate_printable,
    validate_visible,
)
from .removed_passkey import RemovedPasskey, RemovedPasskeyManager
from .rows import PROVIDER_MAX_LENGTH, PrimaryDatabaseManager, credential_id_sha256, displayable
from .tombstone import Tombstone, TombstoneManager
from .user_handle import UserHandle, UserHandleManager, display_name, new_user_handle, user_name

__all__ = [
    "NAME_MAX_LENGTH",
    "PROVIDER_MAX_LENGTH",
    "EventKind",
    "Lock",
    "LockManager",
    "Passkey",
    "PasskeyEvent",
    "PasskeyManager",
    "PasskeyQuerySet",
    "PrimaryDatabaseManager",
    "RemovedPasskey",
    "RemovedPasskeyManager",
    "Tombstone",
    "TombstoneManager",
    "UserHandle",
    "UserHandleManager",
    "credential_id_sha256",
    "display_name",
    "displayable",
    "new_user_handle",
    "user_name",
    "validate_printable",
    "validate_visible",
]
