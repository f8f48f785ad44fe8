"""The name of a passkey that nobody has named yet."""

from django.http import HttpRequest
from django.utils.translation import gettext

from ..http.user_agent import browser_and_system
from ..protocol.aaguids import known_manager, manager_name
from ..protocol.credentials import RegistrationCredential
from .cookies import Ceremony, Purpose


def default_name(request: HttpRequest, registration: RegistrationCredential, ceremony: Ceremony) -> str:
    """The manager's name. If nobody knows the manager, the browser and system on which the passkey was created.

    A security key, and a passkey on another device such as a phone, do not belong to this browser and system.
    """
    is_key = ceremony.purpose is Purpose.SECURITY_KEY
    is_elsewhere = is_key or registration.attachment == "cross-platform"
    place = None if is_elsewhere or known_manager(registration.aaguid) else browser_and_system(request)
    if place is None:
        return manager_name(registration.aaguid, is_security_key=is_key)
    return gettext("Passkey on %(browser)s, %(system)s") % place
