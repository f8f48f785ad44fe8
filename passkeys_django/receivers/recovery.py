"""Receivers of our signals that serve recovery: history, e-mails, the address of the last strong login."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import router, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, override

from .. import signals
from ..conf import passkey_settings
from ..mail import failures_logged, send_mail
from ..models import Enrolment, EnrolmentReason, EventKind, Passkey, RecoveryCode, UserHandle
from ..relying_party import pages_origin
from ..sessions.authentication import authentication_by
from ..sessions.proof import current_proof
from ..sessions.record import STRONG
from .events import record_of_account
from .notifications import done_by, list_url, site_name


def record_codes(request: HttpRequest, user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Receiver of `recovery_codes_created`."""
    record_of_account(request, user, EventKind.CODES_CREATED)


def record_code_use(request: HttpRequest, user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Receiver of `recovery_code_used`. The e-mail about the enrolment tells the owner."""
    record_of_account(request, user, EventKind.CODE_USED)


def notify_of_codes(request: HttpRequest, user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Receiver of `recovery_codes_created`: tells all addresses that may be the owner's."""
    if passkey_settings.notifications:
        _send_later("recovery_codes", UserHandle.objects.addresses_for_notices(user), request, user)


def _send_later(kind: str, addresses: list[str], request: HttpRequest, user: AbstractBaseUser) -> None:
    """Send the e-mail after the transaction is committed."""
    origin = pages_origin(request)
    context = {
        "site_name": site_name(origin),
        "at": timezone.now(),
        "by": done_by(request, user),
        "list_url": list_url(origin),
    }
    for address in addresses:
        send = partial(_send, kind, address, get_language(), context)
        transaction.on_commit(send, using=router.db_for_write(RecoveryCode))


def remember_strong_address(
    request: HttpRequest, user: AbstractBaseUser, passkey: Passkey, **_kwargs: Any
) -> None:
    """Receiver of `passkey_used`: links for recovery go to the address that the account has now.

    If the address is another than before, the old one hears of that: a thief of the password may have changed it.
    """
    proof = current_proof(request)
    if proof is None or authentication_by(user, proof).strength < STRONG:
        return
    # The handle was read with the passkey, so that a login needs no statement more.
    old = UserHandle.objects.remember_strong_address(user, getattr(passkey.user, "passkey_handle", None))
    if old and passkey_settings.notifications:
        _send_later("address_changed", [old], request, user)


def remember_first_address(user: AbstractBaseUser, **_kwargs: Any) -> None:
    """Receiver of `passkey_registered`."""
    UserHandle.objects.remember_first_address(user)


def cancel_other_links(user: AbstractBaseUser, enrolment: Enrolment, **_kwargs: Any) -> None:
    """Receiver of `enrolment_cancelled`: ends all pending recoveries by e-mail, of which each mail has a link."""
    if enrolment.reason == EnrolmentReason.EMAIL:
        rows = Enrolment.objects.open().filter(user_id=user.pk, reason=EnrolmentReason.EMAIL)
        rows.update(cancelled_at=timezone.now())


RECEIVERS = (
    (signals.recovery_codes_created, record_codes),
    (signals.recovery_codes_created, notify_of_codes),
    (signals.recovery_code_used, record_code_use),
    (signals.passkey_used, remember_strong_address),
    (signals.passkey_registered, remember_first_address),
    (signals.enrolment_cancelled, cancel_other_links),
)


def _send(kind: str, address: str, language: str | None, context: dict[str, Any]) -> None:
    with failures_logged(f"the e-mail {kind}"), override(language or settings.LANGUAGE_CODE):
        send_mail(kind, address, context, has_html=True)
