"""Recovery by e-mail: a link that works after a delay, in which the owner can cancel it.

The link goes to the address that the account had at its last login of strength 2, because somebody with a password
may have changed the present one. `enrolment/` tells the present address, too.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model, load_backend
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..backends import may_log_in, passkey_backend_path
from ..conf import passkey_settings
from ..enrolment import enrolment_url, make_enrolment, open_enrolments
from ..enrolment.mails import mail_link
from ..exceptions import RecoveryFailed
from ..http import limits
from ..models import Enrolment, EnrolmentReason, UserHandle, utc_text
from ..policy.rank import is_privileged
from ..relying_party import pages_origin
from ..sessions.impersonation import user_key
from ..signup.names import find_account, normalized

LINK_AGE = timedelta(days=1)
"""How long the link works after the delay (NIST SP 800-63B-4, 4.2.1.2, for codes that are sent by e-mail)."""
PAUSE = timedelta(days=7)
"""How long nothing is sent after somebody has cancelled."""
logger = logging.getLogger("passkeys_django")


def mail_link_to_proven(request: HttpRequest, user: AbstractBaseUser) -> Enrolment:
    """Mail the link to somebody who has just shown the account's password, or is signed in otherwise.

    Raises Throttled, and RecoveryFailed with a text that says why nothing is sent.
    """
    limits.check("recovery-mail", user=user)
    return _mail_link(request, user, by=user)


def mail_link_to_known(request: HttpRequest, name: str) -> None:
    """Mail the link to the account with this user name or e-mail address, if there is one and it may get it.

    Call this after the response has gone out: nobody may learn from the time whether the account exists. Why
    nothing was sent is only logged. Strangers have a limit of their own, which leaves the owner's as it is.
    """
    user = _find_user(name)
    if user is None or not limits.passes("recovery-mail", recipient=user_key(user)):
        return
    try:
        _mail_link(request, user, by=None)
    except RecoveryFailed as exc:
        logger.info("No link for a recovery by e-mail: %s", exc)


def _find_user(name: str) -> AbstractBaseUser | None:
    model: Any = get_user_model()
    known = {field.name for field in model._meta.get_fields()}
    fields = [field for field in (model.USERNAME_FIELD, model.get_email_field_name()) if field in known]
    return next(filter(None, (_account(field, name) for field in fields)), None)


def _account(field: str, name: str) -> AbstractBaseUser | None:
    """None also for a name that the field cannot hold, such as a text where the names are numbers."""
    try:
        found: AbstractBaseUser | None = find_account(field, normalized(field, name))
    except (ValueError, ValidationError):
        return None
    return found


def _mail_link(request: HttpRequest, user: AbstractBaseUser, *, by: AbstractBaseUser | None) -> Enrolment:
    _refuse_while_cancelled(user)
    origin, address = pages_origin(request), _address(user)
    backend: Any = load_backend(passkey_backend_path())
    if origin is None or not address or not may_log_in(backend, user):
        raise RecoveryFailed("no address to send a link to, or the user may not log in", user_message=_nowhere())
    not_before, valid_for = _times(user)
    enrolment, secret = make_enrolment(
        user,
        reason=EnrolmentReason.EMAIL,
        valid_for=valid_for,
        not_before=not_before,
        request=request,
        created_by=by,
        mailed_to=address,
    )
    mail_link("recovery", enrolment, enrolment_url(origin, secret), origin=origin)
    return enrolment


def _address(user: Any) -> str:
    """For staff and superusers, only the address of a strong login.

    A help desk that may change users could otherwise enter an address of its own, and gain the account.
    """
    if is_privileged(user) and not UserHandle.objects.has_strong_address(user):
        return ""
    return UserHandle.objects.address_for_links(user)


def _times(user: AbstractBaseUser) -> tuple[datetime, timedelta]:
    """From when the link works, and for how long. While a link is pending, a further one has the same times.

    So nobody can put off the owner's link, and nobody can keep a link open whose delay is over.
    """
    for pending in open_enrolments(user):
        if pending.reason == EnrolmentReason.EMAIL:
            return pending.not_before, pending.expires_at - pending.not_before
    return timezone.now() + timedelta(seconds=passkey_settings.recovery_delay), LINK_AGE


def _refuse_while_cancelled(user: AbstractBaseUser) -> None:
    """Raises RecoveryFailed for seven days after a recovery by e-mail was cancelled."""
    cancelled = Enrolment.objects.on_primary().filter(
        user_id=user.pk, reason=EnrolmentReason.EMAIL, cancelled_at__gt=timezone.now() - PAUSE
    )
    last = cancelled.order_by("-cancelled_at").values_list("cancelled_at", flat=True).first()
    if last is not None:
        raise _paused(last + PAUSE)


def _paused(until: datetime) -> RecoveryFailed:
    local = timezone.localtime(until) if timezone.is_aware(until) else until
    text = _(
        "Somebody has cancelled the last link. For safety, no new one is sent before %(date)s. Until then, use a "
        "recovery code, or ask the people who run this site."
    ) % {"date": date_format(local, "DATETIME_FORMAT")}
    return RecoveryFailed("a recovery by e-mail was cancelled", user_message=text, valid_from=utc_text(until))


def _nowhere() -> str:
    return _(
        "There is no e-mail address to which a link can be sent. Use a recovery code, or ask the people who run "
        "this site."
    )
