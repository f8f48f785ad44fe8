"""What several commands take to choose rows: a user by name, and days or moments."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime


def user_named(name: str) -> Any:
    """The user with this name; None if there is none."""
    model: Any = get_user_model()
    try:
        return model._base_manager.filter(**{model.USERNAME_FIELD: name}).first()
    except (ValueError, ValidationError):  # the name is a number or a UUID on this site, and this text is none
        return None


def find_user(name: str) -> Any:
    """The user with this name. Raises CommandError."""
    user = user_named(name)
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return user


def beginning(text: str) -> datetime:
    """The moment, or the midnight with which the day begins, in the settings' time zone. Raises CommandError."""
    return _moment(text, days=0)


def end(text: str) -> datetime:
    """The moment, or the midnight with which the day ends. What was chosen is before it. Raises CommandError."""
    return _moment(text, days=1)


def _moment(text: str, *, days: int) -> datetime:
    try:
        day = parse_date(text)
        at = parse_datetime(text) if day is None else _midnight(day + timedelta(days=days))
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise CommandError(f"{text!r} is not a date such as 2026-12-31.")
    if timezone.is_naive(at):
        at = timezone.make_aware(at, timezone.get_default_timezone())
    return at if timezone.is_aware(timezone.now()) else timezone.make_naive(at, timezone.get_default_timezone())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
