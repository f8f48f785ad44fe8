"""What makes an enrolment, what it is good for, and what ends it."""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth import load_backend
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import router, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from ..backends import may_log_in, passkey_backend_path
from ..exceptions import EnrolmentInvalid, EnrolmentNotYet
from ..models import Enrolment, EnrolmentReason, Passkey, UserHandle, secret_sha256, utc_text
from ..signals import enrolment_cancelled, enrolment_created
from .account_state import account_state, has_state


@sensitive_variables()
def make_enrolment(
    user: AbstractBaseUser,
    *,
    reason: str,
    valid_for: timedelta,
    request: HttpRequest | None = None,
    created_by: AbstractBaseUser | None = None,
    not_before: datetime | None = None,
    mailed_to: str = "",
) -> tuple[Enrolment, str]:
    """A new enrolment, and its secret of 256 bits, of which only the SHA-256 is stored.

    The caller has checked who may do this. `valid_for` counts from `not_before` (default: now). `mailed_to` is the
    address to which the caller mails the link, and how to cancel it: this address gets no second e-mail.
    """
    secret, now = secrets.token_urlsafe(32), timezone.now()
    valid_from = not_before or now
    enrolment = Enrolment(
        user_id=user.pk,
        secret_sha256=secret_sha256(secret),
        reason=EnrolmentReason(reason),
        created_at=now,
        created_by_id=None if created_by is None else created_by.pk,
        not_before=valid_from,
        expires_at=valid_from + valid_for,
        account_state=account_state(user),
    )
    enrolment.mailed_to = mailed_to
    enrolment.save(force_insert=True)
    enrolment_created.send(sender=Enrolment, request=request, user=user, enrolment=enrolment)
    return enrolment, secret


@sensitive_variables()
def find(secret: str) -> Enrolment:
    """The enrolment with its user, if it can be used now.

    Raises EnrolmentInvalid, with one text for all reasons, or EnrolmentNotYet.
    """
    enrolment = Enrolment.objects.of_secret(secret)
    if enrolment is None:
        raise EnrolmentInvalid("unknown link")
    check(enrolment)
    return enrolment


def check(enrolment: Enrolment) -> None:
    """Raises EnrolmentInvalid or EnrolmentNotYet."""
    broken = _what_ended(enrolment)
    if broken:
        raise EnrolmentInvalid(f"enrolment {enrolment.pk}: {broken}")
    if enrolment.not_before > timezone.now():
        valid_from = utc_text(enrolment.not_before)
        raise EnrolmentNotYet(f"enrolment {enrolment.pk} is not valid yet", valid_from=valid_from)


def _what_ended(enrolment: Enrolment) -> str | None:
    """Why the enrolment cannot be used any more, for the log; None if it can."""
    if enrolment.used_at is not None:
        return "used"
    if enrolment.cancelled_at is not None:
        return "cancelled"
    if enrolment.expires_at <= timezone.now():
        return "expired"
    user = enrolment.user
    if not may_log_in(load_backend(passkey_backend_path()), user):  # type: ignore[arg-type]
        return "the user may not log in"
    if not has_state(user, enrolment.account_state):
        return "the password or the passkeys have changed"
    return "a passkey was used meanwhile" if _has_found_a_passkey(enrolment) else None


def _has_found_a_passkey(enrolment: Enrolment) -> bool:
    """Was a passkey used after somebody had asked for a recovery by e-mail? Then its owner has not lost it.

    Asked here, and not by a receiver at login, so that a login needs no SQL for it.
    """
    if enrolment.reason != EnrolmentReason.EMAIL:
        return False
    return Passkey.objects.of(enrolment.user).filter(last_used_at__gt=enrolment.created_at).exists()


def use(enrolment: Enrolment) -> None:
    """Mark the enrolment as used. Call this in the transaction that stores the passkey, before its INSERT.

    That transaction began with the compare-and-set of the user's handle, so that of all registrations of this user
    one runs at a time. Everything is read again. Raises EnrolmentInvalid or EnrolmentNotYet.
    """
    fresh = Enrolment.objects.on_primary().select_related("user").filter(pk=enrolment.pk).first()
    if fresh is None:
        raise EnrolmentInvalid(f"enrolment {enrolment.pk} was deleted meanwhile")
    check(fresh)
    now = timezone.now()
    if not Enrolment.objects.mark_used(fresh, at=now):
        raise EnrolmentInvalid(f"enrolment {enrolment.pk} was used or cancelled meanwhile")
    if fresh.reason == EnrolmentReason.EMAIL:
        UserHandle.objects.on_primary().filter(user_id=fresh.user_id).update(recovered_at=now)
    enrolment.used_at = now


def cancel(enrolment: Enrolment, *, request: HttpRequest | None = None) -> bool:
    """Cancel the enrolment. False if it was used or cancelled before."""
    now = timezone.now()
    with transaction.atomic(using=router.db_for_write(Enrolment)):
        if not Enrolment.objects.mark_cancelled(enrolment, at=now):
            return False
        enrolment.cancelled_at = now
        enrolment_cancelled.send(sender=Enrolment, request=request, user=enrolment.user, enrolment=enrolment)
    return True


def open_enrolments(user: AbstractBaseUser) -> list[Enrolment]:
    """The user's enrolments that can be used, now or later; the newest first."""
    rows = Enrolment.objects.open().filter(user_id=user.pk).select_related("user", "created_by")
    return [row for row in rows if _what_ended(row) is None]


def state_of(enrolment: Enrolment) -> str:
    """ "used", "cancelled", "over" (ended in another way), or "open", also if it is not valid yet."""
    if enrolment.used_at is not None:
        return "used"
    if enrolment.cancelled_at is not None:
        return "cancelled"
    return "over" if _what_ended(enrolment) else "open"
