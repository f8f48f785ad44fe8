"""Probation: for 72 hours, a passkey that was made by e-mail removes no older passkey and makes no codes.

The rule protects owners whose mailbox was taken over: they can still sign in with their passkey and remove the new
one. NIST SP 800-63B-4 (4.1.2.1) asks for the account's own strength before something is bound to an account.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone

from ..exceptions import RecoveredRecently
from ..models import PROBATION, Enrolment, EnrolmentReason, Passkey, UserHandle, utc_text
from ..sessions.authentication import get_authentication
from ..sessions.impersonation import request_user

_MARGIN = timedelta(minutes=10)
"""A passkey's time is taken a moment before the time of the recovery that stores it."""


def require_no_probation(request: HttpRequest, user: AbstractBaseUser, *, older: Passkey | None = None) -> None:
    """Refuse a session of the user that a passkey made by e-mail has opened, or one made after that.

    A session of a passkey from before the recovery may do everything. `older` is a passkey that is to be removed:
    one that was made after the recovery may go. Raises RecoveredRecently.
    """
    made_at = _session_passkey_made_at(request, user)
    binding = [
        moment
        for moment in _recoveries(user)
        if (made_at is None or made_at > moment - _MARGIN)
        and (older is None or older.created_at <= moment - _MARGIN)
    ]
    if binding:
        raise RecoveredRecently(
            "a passkey was made by e-mail a short time ago", valid_from=utc_text(max(binding) + PROBATION)
        )


def require_removable(request: HttpRequest | None, passkey: Passkey) -> None:
    """Hold the passkey's owner to probation. Staff may remove any passkey. Raises RecoveredRecently."""
    if request is not None and request_user(request) == passkey.user:
        require_no_probation(request, passkey.user, older=passkey)


def _session_passkey_made_at(request: HttpRequest, user: AbstractBaseUser) -> datetime | None:
    """When the passkey was made with which this session was opened; None for a session of a password."""
    authentication = get_authentication(request)
    if authentication is None or authentication.passkey is None:
        return None
    made: Iterable[datetime] = (
        Passkey.objects.of(user).filter(pk=authentication.passkey).values_list("created_at", flat=True)
    )
    return next(iter(made), None)


def _recoveries(user: AbstractBaseUser) -> list[datetime]:
    """The recoveries by e-mail whose probation is not over.

    Each counts, and not only the last: a second recovery would make the passkey of the first an older one.
    """
    used = (
        Enrolment.objects.on_primary().filter(user_id=user.pk, reason=EnrolmentReason.EMAIL).exclude(used_at=None)
    )
    handles = UserHandle.objects.on_primary().filter(user_id=user.pk)
    began = timezone.now() - PROBATION
    moments = [*used.values_list("used_at", flat=True), *handles.values_list("recovered_at", flat=True)]
    return [moment for moment in moments if moment is not None and moment > began]
