"""Accounts for commands: found by the name that people sign in with, or made without a password."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.management.base import CommandError
from django.db import models


def find_account(name: str) -> AbstractBaseUser:
    """The account of this name. Raises CommandError if there is none, or if its user may not sign in."""
    model: Any = get_user_model()
    try:
        user: AbstractBaseUser = model._default_manager.get(**{model.USERNAME_FIELD: name})
    except (model.DoesNotExist, ValueError, ValidationError):
        raise CommandError(f"There is no account {name!r}. Add --create to make it, without a password.") from None
    if not user.is_active:
        raise CommandError(f"The account {name!r} is not active: its link would be refused. Activate it first.")
    return user


def new_account(name: str, *, superuser: bool, staff: bool, email: str | None) -> AbstractBaseUser:
    """Make an account that cannot sign in by password. Raises CommandError for what the user model refuses."""
    model: Any = get_user_model()
    if model._default_manager.filter(**{model.USERNAME_FIELD: name}).exists():
        raise CommandError(f"The account {name!r} exists already: leave out --create.")
    values = {model.USERNAME_FIELD: name, **_address(model, name, email), **_flags(model, superuser, staff)}
    _check_required(model, values)
    user: AbstractBaseUser = model(**values)
    user.set_unusable_password()
    try:
        user.full_clean()
    except ValidationError as exc:
        raise CommandError(f"The account cannot be made: {' '.join(exc.messages)}") from exc
    user.save()
    return user


def _address(model: Any, name: str, email: str | None) -> dict[str, str]:
    field = model.get_email_field_name()
    if not email:
        return {}
    if field == model.USERNAME_FIELD:
        if email != name:
            raise CommandError("--email must be USER here: people sign in with their e-mail address.")
        return {}
    if _field(model, field) is None:
        raise CommandError(f"--email: {model.__name__} has no field {field!r}.")
    return {field: email}


def _flags(model: Any, superuser: bool, staff: bool) -> dict[str, bool]:
    """A superuser is staff too, as with createsuperuser."""
    flags = {"is_superuser": superuser, "is_staff": staff or superuser}
    for name, wanted in flags.items():
        if wanted and _field(model, name) is None and (name == "is_superuser" or staff):
            raise CommandError(f"{model.__name__} has no field {name!r}.")
    return {name: True for name, wanted in flags.items() if wanted and _field(model, name) is not None}


def _check_required(model: Any, values: dict[str, Any]) -> None:
    """REQUIRED_FIELDS that nobody can give here must have a default, or may be empty."""
    missing = []
    for name in model.REQUIRED_FIELDS:
        field = model._meta.get_field(name)
        if name not in values and not (field.blank or field.null or field.has_default()):
            missing.append("--email" if name == model.get_email_field_name() else name)
    if "--email" in missing:
        raise CommandError(f"{model.__name__} requires an e-mail address: add --email.")
    if missing:
        raise CommandError(
            f"{model.__name__} also requires {', '.join(missing)}: make the account in another way, such as "
            "createsuperuser or the admin, and leave out --create."
        )


def _field(model: Any, name: str) -> "models.Field[Any, Any] | None":
    try:
        field: models.Field[Any, Any] = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field
