"""A filter for the lists of users: who needs help."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ...conf import passkey_settings
from ...lifecycle.batches import in_pages
from ...lifecycle.ways_in import has_other_way_in, site_takes_passwords
from ...models import Passkey
from ...policy import people
from ...signals import seeking_way_in
from .pages import list_url, main_user_admin

Users = QuerySet[Any]
WITHOUT, REQUIRED, LOCKED_OUT = "without", "required", "locked-out"


class PasskeyStateFilter(admin.SimpleListFilter):
    """By what users lack. For staff who may view passkeys; others do not see it, and cannot use it."""

    title = _("passkeys")
    parameter_name = "passkey_state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        passkey_admin = model_admin.admin_site._registry.get(Passkey)
        if passkey_admin is None or not passkey_admin.has_view_permission(request):
            return []
        required = [(REQUIRED, _("required, not yet"))] if passkey_settings.policy_source is not None else []
        return [(WITHOUT, _("without a passkey")), *required, (LOCKED_OUT, _("could not get in"))]

    def queryset(self, request: HttpRequest, queryset: Users) -> Users:
        chosen = _FILTERS.get(self.value() or "")
        return queryset if chosen is None else chosen(queryset)


def is_state_filter(entry: Any) -> bool:
    """Is this entry of a `list_filter` our filter, or one that inherits from it?"""
    return isinstance(entry, type) and issubclass(entry, PasskeyStateFilter)


def list_of_required(request: HttpRequest, site: admin.AdminSite) -> str | None:
    """The address of the list of users who must have a passkey and have none.

    None if the site has no such list, or if this staff member may not see it.
    """
    user_admin = main_user_admin(site)
    if user_admin is None or not user_admin.has_view_permission(request):
        return None
    ours = next(filter(is_state_filter, user_admin.get_list_filter(request)), None)
    url = list_url(user_admin)
    return f"{url}?{ours.parameter_name}={REQUIRED}" if ours and url else None


def locked_out(users: Users) -> Users:
    """The users who have no way in. Ways that only the site or an app knows are asked for user by user."""
    without = people.could_not_get_in(users, passwords=site_takes_passwords())
    if not _has_more_ways():
        return without
    keys: list[Any] = []
    for batch in in_pages(without):
        keys += [user.pk for user in batch if not has_other_way_in(user)]
    return users.filter(pk__in=keys)


def _has_more_ways() -> bool:
    """Are there ways in that SQL does not know?"""
    of_the_site = passkey_settings.other_way_in is not None or passkey_settings.recovery_by_email
    return of_the_site or seeking_way_in.has_listeners()


_FILTERS: dict[str, Callable[[Users], Users]] = {
    WITHOUT: people.without_passkey,
    REQUIRED: people.required_not_yet,
    LOCKED_OUT: locked_out,
}
