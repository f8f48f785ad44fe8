"""How lists of passkeys and events are searched by their user: as staff search users."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from .pages import main_user_admin

_PREFIXES = ("^", "=", "@")
"""What Django's `search_fields` may begin with: starts with, equals, full text."""


def user_search_fields(request: HttpRequest, site: admin.AdminSite) -> list[str]:
    """The user's name, and what the user admin searches by, if this staff member may view users.

    Others could find out an e-mail address by searching for it.
    """
    user_admin = main_user_admin(site)
    if user_admin is None or not user_admin.has_view_permission(request):
        return [user_name_field()]
    fields = [_of_the_user(field) for field in user_admin.get_search_fields(request)]
    return fields if user_name_field() in fields else [*fields, user_name_field()]


def user_name_field() -> str:
    """The look-up that finds rows by the user's name, whatever field of the user model holds the name.

    If that field is a foreign key, the look-up goes on to the field it refers to.
    """
    model: Any = get_user_model()
    field = model._meta.get_field(model.USERNAME_FIELD)
    path = ["user", field.name]
    while field.is_relation:
        field = field.target_field
        path.append(field.name)
    return "__".join(path)


def key_of_user(name: str) -> Any:
    """The primary key of the user with exactly this name; None if there is no such user."""
    users = get_user_model()._base_manager.values_list("pk", flat=True)
    try:
        return users.filter(**{user_name_field().removeprefix("user__"): name}).first()
    except (ValueError, ValidationError):  # the name is a number or a UUID on this site, and this text is none
        return None


def _of_the_user(field: str) -> str:
    prefix = field[0] if field.startswith(_PREFIXES) else ""
    return f"{prefix}user__{field.removeprefix(prefix)}"
