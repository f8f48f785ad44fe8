"""What the tables have in common."""

import hashlib
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models, router

from ..base64url import base64url_decode
from ..compiled_query import update_if_unchanged

PROVIDER_MAX_LENGTH = 255
Row = TypeVar("Row", bound=models.Model)


def credential_id_sha256(credential_id: str) -> str:
    """The hex SHA-256 of a base64url credential id's bytes: short enough for a unique index anywhere."""
    return hashlib.sha256(base64url_decode(credential_id)).hexdigest()


class WrittenManager(models.Manager[Row]):
    """Reads where is written: a replica may lag behind, and these rows decide who gets in."""

    def written(self) -> models.QuerySet[Row]:
        """All rows, in the database that is written to."""
        return self.using(router.db_for_write(self.model))


class CountingManager(WrittenManager[Row]):
    """Of rows that count in `use_count` how often they were used."""

    def compare_and_set(self, row: Row, **changes: Any) -> bool:
        """Count a use of the row, in the table and in this object, as it was read.

        False if it was used or deleted meanwhile; then nothing changes.
        """
        changes["use_count"] = row.use_count + 1  # type: ignore[attr-defined]
        using = router.db_for_write(self.model)
        if not update_if_unchanged(row, changes, compared="use_count", using=using):
            return False
        for name, value in changes.items():
            setattr(row, name, value)
        return True


def with_ids(rows: "models.QuerySet[Row]", credential_ids: Iterable[str]) -> "models.QuerySet[Row]":
    """Those of the rows that have one of these credential ids."""
    sha256s = [credential_id_sha256(credential_id) for credential_id in credential_ids]
    return rows.filter(credential_id_sha256__in=sha256s).order_by()
