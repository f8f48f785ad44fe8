"""What staff see about a passkey in lists."""

from uuid import UUID

from django.contrib import admin
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..models import Passkey
from ..protocol.aaguids import known_manager

STORAGE: dict[bool | None, Promise] = {True: _("Synced"), False: _("This device only"), None: _("Unknown")}


class PasskeyColumns:
    """Columns for a ModelAdmin or an inline of passkeys."""

    @admin.display(description=_("manager"), ordering="aaguid")
    def manager(self, passkey: Passkey) -> str:
        """The passkey manager, if the AAGUID names one."""
        return shown_manager(passkey.aaguid)

    @admin.display(description=_("storage"), ordering="backup_state")
    def storage(self, passkey: Passkey) -> str:
        """Is the passkey on other devices too? For an adopted passkey, the first login will tell."""
        eligible = passkey.backup_eligible
        return str(STORAGE[eligible and passkey.backup_state])

    @admin.display(description=_("provider"), ordering="provider")
    def held_by(self, passkey: Passkey) -> str:
        """The provider that holds a copy, in words."""
        return holder_name(passkey.provider)


def shown_manager(aaguid: UUID) -> str:
    """The manager's name, or "Unknown"."""
    return known_manager(aaguid) or gettext("Unknown")


def holder_name(identity: str) -> str:
    """The provider with this identity, in words; this site only, if the identity is empty."""
    return identity or gettext("this site only")
