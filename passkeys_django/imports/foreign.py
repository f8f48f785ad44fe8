"""A credential of another package, and how to read the tables of a package that is not installed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.apps.registry import Apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models, router

from ..lifecycle.batches import in_pages
from ..models import Passkey, PasskeyKind

BATCH_SIZE = 500


class Reason(StrEnum):
    """Why a credential was not taken. An unusable public key has its own text (`protocol/public_keys.py`)."""

    NO_USER = "no such user"
    ALREADY_HERE = "already here"
    REMOVED_HERE = "removed here before"
    OTHER_RP_ID = "made for another domain than PASSKEY_RP_ID"
    SWITCHED_OFF = "switched off there"
    NO_USER_HANDLE = "no known user handle of 1 to 64 bytes"
    BAD_ID = "no credential id of 1 to 1023 bytes"
    UNREADABLE = "unreadable"
    OLD_U2F = "made with U2F, the interface that browsers had before WebAuthn"
    SEVERAL_USERS = "several users have this name"
    OLDER_THAN_USER = "older than the account that has this name now"


@dataclass(frozen=True, kw_only=True)
class Account:
    """What another site of ours keeps for an account, beside its passkeys: the fields of its `UserHandle`."""

    handle: str
    strong_address: str = ""
    recovered_at: datetime | None = None
    sessions_ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ForeignCredential:
    """A credential of the user whose primary key is `user_key`.

    `user_handle`: the bytes that the authenticator holds as `user.id`. `credential_id`: base64url. `public_key`:
    COSE. `rp_id_hash`: of the RP ID that the credential was made for. `discoverable`: the credential can sign in
    without a username. These two are None if the other package does not know. `user_verified`: True only if the
    user was certainly verified at registration. `remark`: a text for the report. `account`: only another site of
    ours knows it.

    A credential that is not discoverable becomes a security key.
    """

    user_key: Any
    user_handle: bytes
    credential_id: str
    public_key: bytes = field(repr=False)
    rp_id_hash: bytes | None
    discoverable: bool | None
    user_verified: bool | None
    backup_eligible: bool | None
    backup_state: bool
    sign_count: int
    aaguid: UUID
    transports: tuple[str, ...]
    name: str
    created_at: datetime | None
    last_used_at: datetime | None
    remark: str = ""
    account: Account | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """Fields of the passkey that sources know in different ways.

        `user_verified`: None means that the first login must verify the user.
        """
        kind = PasskeyKind.SECURITY_KEY if self.is_security_key else PasskeyKind.PASSKEY
        return {"kind": kind, "user_verified": True if self.user_verified else None}

    @property
    def is_security_key(self) -> bool:
        """Is it certainly not discoverable, so that it is good only as a second step after a password?"""
        return self.discoverable is False


@dataclass(frozen=True, kw_only=True)
class NotTaken:
    """A credential that was not taken over, and why, in words for the report.

    `place`: where the credential was found, if nobody can read whose it is.
    """

    user_key: Any
    reason: str
    place: str = ""


class Table:
    """A table of another package: its name, and the columns that we read.

    Raises ImproperlyConfigured if the table does not exist, or lacks a column.
    """

    def __init__(self, name: str, /, **columns: "models.Field[Any, Any]") -> None:
        self.name = name
        self.model = _model(name, columns)
        self._check()

    @staticmethod
    def exists(name: str) -> bool:
        """Does the database of our passkeys have a table of this name?"""
        connection = connections[_database()]
        with connection.cursor() as cursor:
            return name in connection.introspection.table_names(cursor)

    def rows(self) -> "models.QuerySet[Any]":
        """All rows of the table."""
        return self.model._default_manager.using(_database())

    def batches(self, **conditions: Any) -> Iterator[list[Any]]:
        """The rows that meet the conditions, ordered by primary key, BATCH_SIZE at a time."""
        return in_pages(self.rows().filter(**conditions), BATCH_SIZE)

    def _check(self) -> None:
        if not self.exists(self.name):
            raise ImproperlyConfigured(f"There is no table {self.name} in the database of the passkeys.")
        connection = connections[_database()]
        with connection.cursor() as cursor:
            found = {column.name for column in connection.introspection.get_table_description(cursor, self.name)}
        wanted = [column.attname for column in self.model._meta.local_concrete_fields]
        if missing := ", ".join(column for column in wanted if column not in found):
            raise ImproperlyConfigured(
                f"The table {self.name} lacks {missing}: run the latest migrations of its package first."
            )


def _model(table: str, columns: dict[str, "models.Field[Any, Any]"]) -> type[models.Model]:
    """A model that belongs to no installed app, like the model of Django's own table of migrations."""
    options = {"apps": Apps(), "app_label": "passkeys_imports", "db_table": table, "managed": False}
    members = {"__module__": __name__, "Meta": type("Meta", (), options), **columns}
    return type("Row", (models.Model,), members)


def _database() -> str:
    return router.db_for_write(Passkey)


def user_key_column() -> "models.Field[Any, Any]":
    """A column that refers to the user model's primary key."""
    key: Any = get_user_model()._meta.pk
    while key.is_relation:  # the user model inherits from another table
        key = key.target_field
    if isinstance(key, models.UUIDField):
        return models.UUIDField()
    return models.BigIntegerField() if isinstance(key, models.IntegerField) else models.TextField()


def is_discoverable(resident_key: object) -> bool | None:
    """What an option `residentKey` says about a credential, if nothing else says more: False or None.

    The option of today does not prove that each credential was made with it.
    """
    return None if resident_key in ("preferred", "required") else False


def as_count(value: object) -> int:
    """The value if it can be a signature counter, else 0."""
    return value if isinstance(value, int) and 0 <= value < 2**32 else 0


def as_dict(value: object) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty object."""
    return value if isinstance(value, dict) else {}
