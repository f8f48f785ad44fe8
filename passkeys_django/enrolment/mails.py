"""The e-mail with the link that enrols. It is sent after the transaction that stores the enrolment."""

from functools import partial
from typing import Any

from django.conf import settings
from django.db import router, transaction
from django.utils.translation import override
from django.views.decorators.debug import sensitive_variables

from ..conf import passkey_settings
from ..mail import failures_logged, send_mail
from ..models import Enrolment
from .links import cancel_url


@sensitive_variables()
def mail_link(kind: str, enrolment: Enrolment, url: str, *, origin: str) -> None:
    """Send the link to `enrolment.mailed_to`, with the page that cancels it. Templates: `<kind>_subject.txt`, ….

    If the e-mail cannot be sent, this is only logged: nobody may learn from it whether an account exists.
    """
    context = link_context(enrolment, url, origin=origin)
    send = partial(_send, kind, enrolment, context)
    transaction.on_commit(send, using=router.db_for_write(Enrolment))


@sensitive_variables()
def link_context(enrolment: Enrolment, url: str, *, origin: str) -> dict[str, Any]:
    """What the templates of an e-mail with a link need."""
    return {
        "url": url,
        "site_name": passkey_settings.rp_name or origin.partition("://")[2],
        "valid_from": enrolment.not_before,
        "expires_at": enrolment.expires_at,
        "cancel_url": cancel_url(origin, enrolment),
    }


@sensitive_variables()
def _send(kind: str, enrolment: Enrolment, context: dict[str, Any]) -> None:
    about = f"the link of enrolment {enrolment.pk}"
    # The language of the staff says nothing about the reader's.
    with failures_logged(about), override(settings.LANGUAGE_CODE):
        send_mail(kind, enrolment.mailed_to, context)
