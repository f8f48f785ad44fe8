"""Walks through a list from one row to the next, however many rows were passed before.

The list is ordered by a moment, newest first, and then by the primary key. A row is named by both in the address
of a page: the index finds the place at once, also if the row was deleted since.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from ...models import displayable


@dataclass(frozen=True, kw_only=True)
class Place:
    """The place of a row in its list."""

    moment: datetime
    key: Any

    @classmethod
    def parse(cls, text: str, model: type[Model]) -> Self:
        """The place that `text_of` has written. Raises ValueError."""
        moment, _, key = text.partition("_")
        return cls(moment=_moment(moment), key=_key(key, model))


def text_of(row: Model, field: str) -> str:
    """The row's place, for an address."""
    return f"{getattr(row, field).isoformat()}_{row.pk}"


def rows_beyond(rows: QuerySet[Any], place: Place | None, *, backwards: bool) -> QuerySet[Any]:
    """The rows after this place, in the order of the list. With `backwards`: those before it, nearest first.

    Without a place, the walk begins at the beginning or at the end of the list.
    """
    moment, key = (_side(name, backwards) for name in rows.query.order_by[:2])  # what follows decides nothing
    if place is not None:
        (name, side), (key_name, key_side) = moment, key
        further = Q(**{f"{name}__{side}": place.moment}) | Q(**{f"{key_name}__{key_side}": place.key})
        rows = rows.filter(further, **{f"{name}__{side}e": place.moment})  # the last one is what an index answers
    return rows.reverse() if backwards else rows


def _side(name: Any, backwards: bool) -> tuple[str, str]:
    """The field, and on which side of a place the walk goes on."""
    descends = name.startswith("-")
    return name.removeprefix("-"), "lt" if descends != backwards else "gt"


def _moment(text: str) -> datetime:
    """A moment from an address, which any database can compare. Raises ValueError."""
    moment = displayable(datetime.fromisoformat(text))
    if timezone.is_aware(moment) != settings.USE_TZ:
        raise ValueError("a moment in another time zone setting")
    return moment.astimezone(UTC) if settings.USE_TZ else moment  # PostgreSQL knows no offset of 23 hours


def _key(text: str, model: type[Model]) -> Any:
    try:
        return model._meta.pk.to_python(text)
    except ValidationError as error:
        raise ValueError("not a key") from error
