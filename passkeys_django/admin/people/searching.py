"""How lists are searched by their user: as staff search users, but whole values first, which have an index."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from .pages import main_user_admin

_PREFIXES = ("^", "=", "@")
"""What Django's `search_fields` may begin with: starts with, equals, full text."""
_NOTHING = Q(pk__in=[])
MOST_KEYS = 1000
"""How many users are named by their keys; more are named by a subquery."""


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


def of_users(request: HttpRequest, site: admin.AdminSite, rows: QuerySet[Any], term: str) -> Q:
    """The condition for rows of the users who have this whole name, address, or other value to search by.

    The user name is asked first, then the e-mail address, then all other fields: an index of one field is no use
    in a question that is also about fields without an index. The first question that finds somebody is the last
    one. Several words may also be the values of several fields, such as first name and last name.
    """
    people = get_user_model()._base_manager.using(rows.db).order_by()
    fields = [field.removeprefix("user__") for field in _without_prefix(user_search_fields(request, site))]
    for condition in _questions(people, fields, term):
        found = people.filter(condition)
        keys = list(found.values_list("pk", flat=True)[: MOST_KEYS + 1])
        if keys:
            return Q(user_id__in=keys if len(keys) <= MOST_KEYS else found.values("pk"))
    return Q(user_id__in=[])


def _questions(people: QuerySet[Any], fields: list[str], term: str) -> Iterator[Q]:
    name, address = user_name_field().removeprefix("user__"), get_user_model().get_email_field_name()
    first = [field for field in dict.fromkeys([name, address]) if field in fields]
    for field in first:
        yield _has(people, [field], term)
    yield _has(people, [field for field in fields if field not in first], term)
    yield _has_each(people, fields, term.split())


def _has_each(people: QuerySet[Any], fields: list[str], words: list[str]) -> Q:
    if len(words) < 2:
        return _NOTHING
    condition = Q()
    for word in words:
        condition &= _has(people, fields, word)
    return condition


def _has(people: QuerySet[Any], fields: list[str], value: str) -> Q:
    """The value in any of the fields, as it was typed, in lower case, or with a capital.

    A comparison without case has no index.
    """
    condition = _NOTHING
    for field in fields:
        for spelling in dict.fromkeys([value, value.lower(), value.capitalize()]):
            condition |= _equals(people, field, spelling)
    return condition


def _equals(people: QuerySet[Any], field: str, value: str) -> Q:
    """No row, if the field holds numbers or UUIDs, and the value is none."""
    try:
        people.filter(**{field: value})
    except (ValueError, ValidationError):
        return _NOTHING
    return Q(**{field: value})


def _without_prefix(fields: list[str]) -> list[str]:
    """Whole values instead of prefixes. A field with a look-up of its own, or full text, stays as it is."""
    return [
        f"{field[1:]}__search" if field[0] == "@" else field.removeprefix("^").removeprefix("=")
        for field in fields
    ]


def _of_the_user(field: str) -> str:
    prefix = field[0] if field.startswith(_PREFIXES) else ""
    return f"{prefix}user__{field.removeprefix(prefix)}"
