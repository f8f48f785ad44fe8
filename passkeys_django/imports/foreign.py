"""A credential as another package stored it, and how its tables are read without that package."""

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

from ..models import Passkey

BATCH_SIZE = 500


class Reason(StrEnum):
    """Why a credential was not taken, as far as it is not its public key."""

    NO_USER = "no such user"
    ALREADY_HERE = "already here"
    REMOVED_HERE = "removed here before"
    SECOND_FACTOR = "a second factor, which cannot sign in without a username"
    OTHER_RP_ID = "made for another domain than PASSKEY_RP_ID"
    SWITCHED_OFF = "switched off there"
    NO_USER_HANDLE = "no known user handle of 1 to 64 bytes"
    BAD_ID = "no credential id of 1 to 1023 bytes"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class ForeignCredential:
    """A credential of the user whose primary key is `user_key`.

    `user_handle` is what the authenticator holds as `user.id`, to the byte; `credential_id` is base64url,
    `public_key` COSE. What is None the other package does not know: whether the credential signs in without being
    named (`discoverable`), for which RP ID it was made. `user_verified`: surely verified at registration.
    `remark` is for the report.
    """

    user_key: Any
    user_handle: bytes
    credential_id: str
    public_key: bytes = field(repr=False)
    rp_id_hash: bytes | None
    discoverable: bool | None
    user_verified: bool
    backup_eligible: bool | None
    backup_state: bool
    sign_count: int
    aaguid: UUID
    transports: tuple[str, ...]
    name: str
    created_at: datetime | None
    last_used_at: datetime | None
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class NotTaken:
    """A credential that stays where it is, and why, in words for the report."""

    user_key: Any
    reason: str


class Table:
    """A table of another package's, by its name and the columns that we read.

    Raises ImproperlyConfigured if it is not there, or lacks a column.
    """

    def __init__(self, name: str, /, **columns: "models.Field[Any, Any]") -> None:
        self.name = name
        self.model = _model(name, columns)
        self._check()

    @staticmethod
    def exists(name: str) -> bool:
        """Is there such a table, beside ours?"""
        connection = connections[_database()]
        with connection.cursor() as cursor:
            return name in connection.introspection.table_names(cursor)

    def rows(self) -> "models.QuerySet[Any]":
        """All its rows."""
        return self.model._default_manager.using(_database())

    def batches(self, **conditions: Any) -> Iterator[list[Any]]:
        """The rows that meet the conditions, by key, a few hundred at a time: whatever the database's driver does
        with large results, little of them is in memory."""
        rows = self.rows().filter(**conditions).order_by("pk")
        page = rows
        while batch := list(page[:BATCH_SIZE]):
            yield batch
            page = rows.filter(pk__gt=batch[-1].pk)

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
    """Of no app, as that of Django's own table of migrations."""
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


def as_dict(value: object) -> dict[str, Any]:
    """A JSON object; an empty one for what is none."""
    return value if isinstance(value, dict) else {}
