"""The statement of a Django form: its cleaned data, as values that can be signed."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils.duration import duration_iso_string
from django.utils.functional import Promise

FORM_ID = "signed_form"
"""The name of the hidden field with the id of the page: it is never a part of the statement."""
MAX_ZEROS = 100
"""Written out, 1E+999999999 would fill the memory. Such a number is written as it is."""


def check_form(form: forms.BaseForm, statement: Mapping[str, Any], unsigned: Iterable[str]) -> None:
    """Raise ImproperlyConfigured for an unfit field, and for one that is neither signed nor named as unsigned."""
    for name, form_field in signable_fields(form.fields).items():
        if name not in statement and name not in unsigned:
            raise ImproperlyConfigured(
                f"{type(form).__name__} has the field {name!r}, which is neither in the statement nor in "
                "unsigned_fields."
            )
        if mistake := unfit(form_field):
            raise ImproperlyConfigured(f"{type(form).__name__} has the field {name!r}: {mistake}")


def unfit(form_field: forms.Field) -> str | None:
    """Why nobody can sign a form with this field; None if the field is fine."""
    if isinstance(form_field, forms.FileField):
        return "a file is in no statement. Upload the file first, and sign its name and its SHA-256 hash."
    if isinstance(form_field.widget, forms.PasswordInput):
        return "a signed form asks for a passkey, and sends its fields twice: a password must not be among them."
    return None


def signable_fields(fields: Mapping[str, forms.Field]) -> dict[str, forms.Field]:
    return {name: form_field for name, form_field in fields.items() if name != FORM_ID}


def statement_of(form: forms.BaseForm, *, without: Iterable[str]) -> dict[str, Any]:
    """The cleaned data of all fields but these, as values for `canonical`."""
    left_out = {*without}
    names = [name for name in signable_fields(form.fields) if name not in left_out]
    return {name: signable(form.cleaned_data.get(name)) for name in names}


def signable(value: Any) -> Any:
    """The value with decimals, dates and rows written out.

    A row of the database becomes `{"id", "text"}`: the id says which one, the text says what the person has seen.
    Other types stay as they are, and `canonical` refuses them.
    """
    if isinstance(value, models.Model):
        return {"id": signable(value.pk), "text": str(value)}
    if isinstance(value, models.QuerySet) and not value.ordered:
        value = value.order_by("pk")  # the text of the second post must be the same
    if isinstance(value, models.QuerySet | list | tuple):
        return [signable(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((signable(item) for item in value), key=repr)
    if isinstance(value, Mapping):
        return {name: signable(item) for name, item in value.items()}
    return _scalar(value)


def _scalar(value: Any) -> Any:
    match value:
        case Enum():
            return signable(value.value)
        case Decimal():
            return format(value, "f") if abs(value.adjusted()) <= MAX_ZEROS else str(value)
        case datetime():
            return _moment(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return duration_iso_string(value)
        case UUID() | Promise():
            return str(value)
    return value


def _moment(value: datetime) -> str:
    """An aware moment in UTC; as it is if UTC has no such day, as at the ends of the calendar."""
    try:
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    except OverflowError:
        return value.isoformat()
