"""The admins of users on an admin site, and the pages of users there."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def user_admins(site: admin.AdminSite) -> list[Any]:
    """The admins of the user model, its proxies and its subclasses; first that of the user model itself."""
    users = get_user_model()
    found = [user_admin for model, user_admin in site._registry.items() if issubclass(model, users)]
    return sorted(found, key=lambda user_admin: user_admin.model is not users)


def main_user_admin(site: admin.AdminSite) -> Any:
    """The admin that shows rows of the user model: its own, or that of a proxy. None without one."""
    model = get_user_model()._meta.concrete_model
    return next((found for found in user_admins(site) if found.model._meta.concrete_model is model), None)


def find_person(request: HttpRequest, site: admin.AdminSite, quoted_key: str) -> AbstractBaseUser:
    """The user with this key, if this staff member may see the user's page. Raises PermissionDenied or Http404."""
    visible = [user_admin for user_admin in user_admins(site) if user_admin.has_view_permission(request)]
    if not visible:
        raise PermissionDenied
    for user_admin in visible:
        found = user_admin.get_object(request, unquote(quoted_key))
        if found is not None and user_admin.has_view_permission(request, found):
            person: AbstractBaseUser = get_user_model()._base_manager.get(pk=found.pk)
            return person
    raise Http404


def page_of_person(request: HttpRequest, site: admin.AdminSite, person: AbstractBaseUser) -> str | None:
    """The address of the user's page. None if the site has none, or if this staff member may not see it."""
    user_admin = main_user_admin(site)
    if user_admin is None or not user_admin.has_view_permission(request, person):
        return None
    return change_url(user_admin, person)


def change_url(user_admin: Any, person: Any) -> str | None:
    """The address of the user's page in this admin; None if the site's URLconf does not have it."""
    return _url(user_admin, "change", quote(person.pk))


def list_url(user_admin: Any) -> str | None:
    """The address of the list of users in this admin; None if the site's URLconf does not have it."""
    return _url(user_admin, "changelist")


def _url(user_admin: Any, page: str, *args: Any) -> str | None:
    opts, site = user_admin.model._meta, user_admin.admin_site
    try:
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=args, current_app=site.name)
    except NoReverseMatch:
        return None


class PersonColumn:
    """A column of a list that names a user and leads to the user's page, if this staff member may see users.

    The permission is asked once for each list, and not for each row.
    """

    def __init__(self, request: HttpRequest, site: admin.AdminSite, model: Any, field: str) -> None:
        user_admin = main_user_admin(site)
        may_see = user_admin is not None and user_admin.has_view_permission(request)
        self._user_admin, self._field = user_admin if may_see else None, field
        self.__name__ = self.admin_order_field = field
        self.short_description = model._meta.get_field(field).verbose_name

    def __call__(self, row: Any) -> str | SafeString | None:
        person = getattr(row, self._field)
        url = change_url(self._user_admin, person) if person is not None and self._user_admin else None
        if url is None:
            return None if person is None else str(person)
        return format_html('<a href="{}">{}</a>', url, person)
