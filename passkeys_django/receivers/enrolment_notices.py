"""Receivers of our signals that tell people by e-mail of links with which a passkey can be created for them."""

from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import router, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, override

from .. import signals
from ..conf import passkey_settings
from ..mail import failures_logged, send_mail
from ..models import Enrolment, UserHandle
from ..relying_party import pages_origin
from ..sessions.impersonation import acting_user, is_acting_as_another
from ..sessions.proof import current_proof
from .notifications import done_by, list_url, site_name

_HOLDER = gettext_lazy("somebody who had the link")
"""The user is signed in by now, but nobody knows whether it was them."""


def notify_of_enrolment(
    request: HttpRequest | None, user: AbstractBaseUser, enrolment: Enrolment, **_kwargs: Any
) -> None:
    """Receiver of `enrolment_created`."""
    _notify("enrolment_created", request, user, enrolment, leave_out=enrolment.mailed_to)


def notify_of_enrolment_use(
    request: HttpRequest | None, user: AbstractBaseUser, enrolment: Enrolment, **_kwargs: Any
) -> None:
    """Receiver of `enrolment_used`. This e-mail takes the place of the one about a new passkey."""
    proof = current_proof(request)
    passkey = {} if proof is None else {"name": proof.passkey.name}
    _notify("enrolment_used", request, user, enrolment, by=_HOLDER, **passkey)


RECEIVERS = (
    (signals.enrolment_created, notify_of_enrolment),
    (signals.enrolment_used, notify_of_enrolment_use),
)


def _notify(
    kind: str,
    request: HttpRequest | None,
    user: AbstractBaseUser,
    enrolment: Enrolment,
    *,
    leave_out: str = "",
    **more: Any,
) -> None:
    """Send the e-mail after the transaction is committed, to all addresses that may be the owner's."""
    if not passkey_settings.notifications:
        return
    is_own = acting_user(request) == user and not is_acting_as_another(request)
    origin = pages_origin(request)
    context = {
        "site_name": site_name(origin),
        "enrolment": enrolment,
        "at": timezone.now(),
        "by": done_by(request, user),
        **more,
    }
    for address in UserHandle.objects.addresses_for_notices(user):
        if address.casefold() != leave_out.casefold():
            send = partial(_send, kind, address, get_language() if is_own else None, origin, enrolment, context)
            transaction.on_commit(send, using=router.db_for_write(Enrolment))


def _send(
    kind: str,
    address: str,
    language: str | None,
    origin: str | None,
    enrolment: Enrolment,
    context: dict[str, Any],
) -> None:
    about = f"the e-mail about enrolment {enrolment.pk}"
    with failures_logged(about), override(language or settings.LANGUAGE_CODE):
        pages = {"cancel_url": _cancel_url(origin, enrolment), "list_url": list_url(origin)}
        send_mail(kind, address, context | pages, has_html=True)


def _cancel_url(origin: str | None, enrolment: Enrolment) -> str:
    """The page that cancels, with a button: a bare link would act when a mail scanner opens it."""
    return "" if origin is None else origin + reverse("passkeys:cancel-enrolment", args=[enrolment.cancel_token])
