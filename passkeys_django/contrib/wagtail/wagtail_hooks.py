"""What Wagtail's admin asks of this app. Wagtail imports this module by its name."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin.widgets import Button

from ...http.urls import reverse_or_none
from .panels import PasskeysPanel


@hooks.register("register_account_settings_panel")
def account_panel(request: HttpRequest, user: AbstractBaseUser, profile: Any) -> PasskeysPanel:
    return PasskeysPanel(request, user, profile)


@hooks.register("register_user_listing_buttons")
def passkeys_of_user(user: AbstractBaseUser, request_user: Any) -> Iterator[Button]:
    """For staff who may see passkeys: a link from Wagtail's list of users to these passkeys in Django's admin."""
    url = reverse_or_none("admin:passkeys_django_passkey_changelist")
    is_staff = getattr(request_user, "is_staff", False)  # not every user model has it
    if url and is_staff and request_user.has_perm("passkeys_django.view_passkey"):
        yield Button(_("Passkeys"), f"{url}?{urlencode({'user': user.pk})}", icon_name="key", priority=40)
