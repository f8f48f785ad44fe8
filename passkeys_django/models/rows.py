"""Fields, managers and functions that several tables use."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, overload

from django.conf import settings
from django.db import models, router
from django.db.models.query_utils import DeferredAttribute
from django.utils import timezone

from ..protocol.base64url import base64url_decode
from .compiled_query import update_if_unchanged

PROVIDER_MAX_LENGTH = 255
Row = TypeVar("Row", bound=models.Model)


def credential_id_sha256(credential_id: str) -> str:
    """The hex SHA-256 of a base64url credential id's bytes: short enough for a unique index in any database."""
    return hashlib.sha256(base64url_decode(credential_id)).hexdigest()


@overload
def utc_text(moment: datetime) -> str: ...
@overload
def utc_text(moment: None) -> None: ...
def utc_text(moment: datetime | None) -> str | None:
    """The moment in UTC, ISO 8601; None for None. Without USE_TZ, it is in the time zone of the settings."""
    if moment is None:
        return None
    aware = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
    return aware.astimezone(UTC).isoformat()


def displayable(moment: datetime) -> datetime:
    """The moment, at least a year away from the ends of the calendar, so that every time zone can show it.

    Other software writes year 1 for "never" (Go), and year 9999 for "always".
    """
    return moment.replace(year=min(max(moment.year, 2), 9998))


def storable(moment: datetime) -> datetime:
    """The aware moment as any DateTimeField can hold it: without USE_TZ, in the time zone of the settings."""
    shown = displayable(moment)
    return shown if settings.USE_TZ else timezone.make_naive(shown)


if TYPE_CHECKING:
    DateTimeField = models.DateTimeField[Any, Any]
else:
    DateTimeField = models.DateTimeField  # Django's own class takes no type argument


class _DisplayableAttribute(DeferredAttribute):
    """Makes every value that is set displayable, also a value from the database."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = _if_moment(value)


class MomentField(DateTimeField):
    """A DateTimeField that holds and stores displayable moments. Migrations name Django's own field."""

    descriptor_class = _DisplayableAttribute

    def get_prep_value(self, value: Any) -> Any:
        return _if_moment(super().get_prep_value(value))

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs


def _if_moment(value: Any) -> Any:
    """Makes a datetime displayable. None and expressions stay unchanged."""
    return displayable(value) if isinstance(value, datetime) else value


class PrimaryDatabaseManager(models.Manager[Row]):
    """Reads from the primary (`db_for_write`): a replica may lag, and these rows decide who can sign in."""

    def on_primary(self) -> models.QuerySet[Row]:
        """All rows, in the database that is written to."""
        return self.using(router.db_for_write(self.model))


class CompareAndSetManager(PrimaryDatabaseManager[Row]):
    """For rows whose field `use_count` counts how often they were used."""

    def compare_and_set(self, row: Row, **changes: Any) -> bool:
        """Count a use of the row and set `changes`, in the table and in this object.

        False if the row was used or deleted since it was read; then nothing changes.
        """
        changes["use_count"] = row.use_count + 1  # type: ignore[attr-defined]
        using = router.db_for_write(self.model)
        if not update_if_unchanged(row, changes, compared="use_count", using=using):
            return False
        for name, value in changes.items():
            setattr(row, name, value)
        return True


def with_ids(rows: "models.QuerySet[Row]", credential_ids: Iterable[str]) -> "models.QuerySet[Row]":
    """The rows that have one of these credential ids."""
    sha256s = [credential_id_sha256(credential_id) for credential_id in credential_ids]
    return rows.filter(credential_id_sha256__in=sha256s).order_by()
