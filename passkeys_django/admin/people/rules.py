"""What staff may do for whom. Every rule is asked on the server, whatever a page has shown.

Removing the passkeys of an account makes it weaker: afterwards, a password alone may be enough to create a new
one. So only superusers do this to staff and superusers, and they need the strength of their own account for it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

from ... import enrolment
from ...middleware import ends_sessions
from ...models import Passkey
from ...policy import require_own_strength
from ...policy.rank import outranks
from ...sessions.impersonation import is_acting_as_another
from ...sessions.reauthentication import INTERRUPTIONS, redirect_to_authenticate


def may_revoke_all(request: HttpRequest, passkey_admin: Any, person: AbstractBaseUser) -> bool:
    """May this staff member revoke all passkeys of that person?"""
    may_delete = passkey_admin is not None and passkey_admin.has_delete_permission(request)
    return may_delete and not is_acting_as_another(request) and outranks(request.user, person)


def may_end_sessions(request: HttpRequest, passkey_admin: Any, person: AbstractBaseUser) -> bool:
    """May this staff member end all sessions of that person, and would they end?"""
    return ends_sessions() and may_revoke_all(request, passkey_admin, person)


def may_invite(request: HttpRequest, passkey_admin: Any, person: AbstractBaseUser) -> bool:
    """May this staff member send that person a link with which they create a passkey?"""
    actor: Any = request.user
    return enrolment.may_invite(actor, person) and not is_acting_as_another(request)


def refuse_unless_strong(request: HttpRequest) -> HttpResponse | None:
    """None if the staff member authenticated recently, as strongly as their own account can.

    For all others, where to do that. Somebody who acts as another user gets a page that explains this. Else a
    stolen session, or a stolen password of staff, could remove the passkeys of its owner here.
    """
    try:
        require_own_strength(request)
    except INTERRUPTIONS as error:
        return redirect_to_authenticate(request, error)
    return None


def sorted_out(passkeys: Iterable[Passkey], may: Callable[[Passkey], bool]) -> tuple[list[Passkey], list[Passkey]]:
    """The passkeys with which this staff member may do something, and the others."""
    allowed: list[Passkey] = []
    others: list[Passkey] = []
    for passkey in passkeys:
        (allowed if may(passkey) else others).append(passkey)
    return allowed, others
