"""One e-mail, made from templates that a site may replace."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from django.core import mail
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


class _Connection:
    """A connection to the mail server that is opened with the first e-mail and kept for the next ones."""

    def __init__(self) -> None:
        self._backend: Any = None

    def send(self, message: EmailMultiAlternatives) -> None:
        """Send the e-mail. If the server has ended the connection meanwhile, a new connection is opened."""
        if self._backend is not None:
            try:
                self._backend.send_messages([message])
            except Exception:  # noqa: BLE001  # many servers take so many e-mails only, or do not wait for the next
                self.close()
            else:
                return
        self._backend = _new_backend()
        try:
            self._backend.open()
            self._backend.send_messages([message])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            with suppress(Exception):  # the server may have ended the connection before
                backend.close()


def _new_backend() -> Any:
    mailers: Any = getattr(mail, "mailers", None)  # from Django 6.1 on
    return mail.get_connection() if mailers is None else mailers.default


_shared: ContextVar[_Connection | None] = ContextVar("passkeys_mail_connection", default=None)


@contextmanager
def one_connection() -> Iterator[None]:
    """Send all e-mails of this block over one connection to the mail server."""
    connection = _Connection()
    token = _shared.set(connection)
    try:
        yield
    finally:
        _shared.reset(token)
        connection.close()


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
    shared = _shared.get()
    if shared is None:
        message.send()
    else:
        shared.send(message)
