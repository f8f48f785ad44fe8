"""Links by e-mail that prove whose an address is, so that nobody else hears whether it has an account."""

import logging
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.http import urlencode

from ..conf import DAY
from ..protocol.relying_party import RelyingParty
from ..relying_party import get_relying_party
from .names import find_account

TEMPLATES = "passkeys_django/email/"
_SALT = "passkeys_django.signup"
logger = logging.getLogger("passkeys_django")


def read_token(token: str) -> str | None:
    """The address that a link of the last day was sent to; None for any other text."""
    try:
        address: str = signing.loads(token, salt=_SALT, max_age=DAY)
    except signing.BadSignature:
        return None
    return address


def send_link(request: HttpRequest, address: str) -> None:
    """Send the link to this page; to an address that has an account, one to the login page.

    `address` is normalized, as AddressForm does it.

    One query and one e-mail in either case. An e-mail that cannot be sent is nobody's to know: it is logged.
    """
    field = get_user_model().get_email_field_name()
    account, relying_party = find_account(field, address), get_relying_party(request)
    site = _origin(request, relying_party)
    context = {"site_name": relying_party.name}
    if account is None:
        query = request.GET.dict() | {"token": signing.dumps(address, salt=_SALT)}
        _send("signup", address, context | {"url": f"{site}{request.path}?{urlencode(query)}"})
    else:  # as it is stored: what only looks like it may be somebody else's
        context["url"] = urljoin(site, resolve_url(settings.LOGIN_URL))
        _send("signup_taken", getattr(account, field), context)


def _origin(request: HttpRequest, relying_party: RelyingParty) -> str:
    """Where the person is, if it is one of ours: the Host header is anybody's to choose."""
    here = f"{request.scheme}://{request.get_host()}"
    return here if here in relying_party.origins else relying_party.web_origin or here


def _send(kind: str, address: str, context: dict[str, Any]) -> None:
    try:
        subject = " ".join(render_to_string(f"{TEMPLATES}{kind}_subject.txt", context).split())
        body = render_to_string(f"{TEMPLATES}{kind}_body.txt", context)
        headers = {"Auto-Submitted": "auto-generated"}  # RFC 3834
        EmailMessage(subject=subject, body=body, to=[address], headers=headers).send()
    except Exception as exc:  # noqa: BLE001  # errors name addresses
        logger.error("Cannot send the e-mail to somebody who signs up: %s", type(exc).__name__)
