"""The stored data, one table in each file. No other room writes ORM filters on credential ids."""

from .enrolment import Enrolment, EnrolmentManager, EnrolmentReason, secret_sha256
from .event import EventKind, PasskeyEvent
from .lock import Lock, LockManager
from .passkey import (
    NAME_MAX_LENGTH,
    Passkey,
    PasskeyKind,
    PasskeyManager,
    PasskeyQuerySet,
    validate_printable,
    validate_visible,
)
from .recovery_code import RecoveryCode, RecoveryCodeManager
from .removed_passkey import RemovedPasskey, RemovedPasskeyManager
from .rows import (
    PROVIDER_MAX_LENGTH,
    PrimaryDatabaseManager,
    credential_id_sha256,
    displayable,
    storable,
    utc_text,
)
from .signature import ACTION_MAX_LENGTH, USER_NAME_MAX_LENGTH, PasskeySignature, PasskeySignatureManager
from .tombstone import Tombstone, TombstoneManager
from .user_handle import (
    PROBATION,
    UserHandle,
    UserHandleManager,
    account_address,
    display_name,
    new_user_handle,
    user_name,
)
from .weekly_figures import WeeklyFigures, WeeklyFiguresManager

__all__ = [
    "ACTION_MAX_LENGTH",
    "NAME_MAX_LENGTH",
    "PROBATION",
    "PROVIDER_MAX_LENGTH",
    "USER_NAME_MAX_LENGTH",
    "Enrolment",
    "EnrolmentManager",
    "EnrolmentReason",
    "EventKind",
    "Lock",
    "LockManager",
    "Passkey",
    "PasskeyEvent",
    "PasskeyKind",
    "PasskeyManager",
    "PasskeyQuerySet",
    "PasskeySignature",
    "PasskeySignatureManager",
    "PrimaryDatabaseManager",
    "RecoveryCode",
    "RecoveryCodeManager",
    "RemovedPasskey",
    "RemovedPasskeyManager",
    "Tombstone",
    "TombstoneManager",
    "UserHandle",
    "UserHandleManager",
    "WeeklyFigures",
    "WeeklyFiguresManager",
    "account_address",
    "credential_id_sha256",
    "display_name",
    "displayable",
    "new_user_handle",
    "secret_sha256",
    "storable",
    "user_name",
    "utc_text",
    "validate_printable",
    "validate_visible",
]
