"""One e-mail, made from templates that a site may replace."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

TEMPLATES = "passkeys_django/email/"
logger = logging.getLogger("passkeys_django")


@contextmanager
def failures_logged(what: str) -> Iterator[None]:
    """If the e-mail inside fails, in a template or at the mail server, only the log tells of it.

    The log has the error's type only, because the error's text may contain addresses. `what` names the e-mail.
    """
    try:
        yield
    except Exception as exc:  # noqa: BLE001
        logger.error("Cannot send %s: %s", what, type(exc).__name__)


def send_mail(kind: str, address: str, context: dict[str, Any], *, has_html: bool = False) -> None:
    """Send the e-mail whose templates are `<kind>_subject.txt`, `<kind>_body.txt` and, with `has_html`, the HTML.

    Raises whatever a template or the mail server raises.
    """
    subject = render_to_string(f"{TEMPLATES}{kind}_subject.txt", context)
    message = EmailMultiAlternatives(
        subject=" ".join(subject.split()),  # one line, even if the site's template has several
        body=render_to_string(f"{TEMPLATES}{kind}_body.txt", context),
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},  # RFC 3834: no "out of office" comes back
    )
    if has_html:
        message.attach_alternative(render_to_string(f"{TEMPLATES}{kind}_body.html", context), "text/html")
    message.send()
