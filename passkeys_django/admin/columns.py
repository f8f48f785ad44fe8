"""What staff see of a passkey in lists."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import Passkey
from ..protocol.aaguids import known_manager

STORAGE: dict[bool | None, Promise] = {True: _("Synced"), False: _("This device only"), None: _("Unknown")}


class PasskeyColumns:
    """For a ModelAdmin or an inline of passkeys."""

    @admin.display(description=_("manager"), ordering="aaguid")
    def manager(self, passkey: Passkey) -> str:
        """The passkey manager, where its AAGUID says so."""
        return shown_manager(passkey.aaguid)

    @admin.display(description=_("storage"), ordering="backup_state")
    def storage(self, passkey: Passkey) -> str:
        """Is the passkey in other places too? An adopted one's first login will tell."""
        eligible = passkey.backup_eligible
        return str(STORAGE[eligible and passkey.backup_state])

    @admin.display(description=_("provider"), ordering="provider")
    def held_by(self, passkey: Passkey) -> str:
        """Who holds a copy, in words."""
        return holder_name(passkey.provider)


def user_search_field() -> str:
    """To find rows by the user's name, whatever the user model calls it; a foreign key, by what it refers to."""
    model: Any = get_user_model()
    field = model._meta.get_field(model.USERNAME_FIELD)
    path = ["user", field.name]
    while field.is_relation:
        field = field.target_field
        path.append(field.name)
    return "__".join(path)


def shown_manager(aaguid: UUID) -> str:
    """The manager's name, or that it is unknown."""
    return known_manager(aaguid) or gettext("Unknown")


def holder_name(identity: str) -> str:
    """Who holds the copy that this identity stands for."""
    return identity or gettext("this site only")
