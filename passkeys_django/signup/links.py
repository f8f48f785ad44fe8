"""Links by e-mail that prove that an address is the visitor's. Nobody else learns whether it has an account."""

from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import urlencode

from ..conf import DAY
from ..mail import failures_logged, send_mail
from ..protocol.relying_party import RelyingParty
from ..relying_party import get_relying_party
from .names import find_account

_SALT = "passkeys_django.signup"


def read_token(token: str) -> str | None:
    """The address to which we sent the link with this token. None if the token is over a day old, or not ours."""
    try:
        address: str = signing.loads(token, salt=_SALT, max_age=DAY)
    except signing.BadSignature:
        return None
    return address


def send_link(request: HttpRequest, address: str) -> None:
    """Send a link to this page, or, if the address has an account, a link to the login page.

    `address` must be normalized, as AddressForm does it. Both cases cost one query and one e-mail. If the e-mail
    cannot be sent, this is only logged: the visitor must not see a difference.
    """
    field = get_user_model().get_email_field_name()
    account, relying_party = find_account(field, address), get_relying_party(request)
    site = _origin(request, relying_party)
    context = {"site_name": relying_party.name}
    if account is None:
        query = request.GET.dict() | {"token": signing.dumps(address, salt=_SALT)}
        _send("signup", address, context | {"url": f"{site}{request.path}?{urlencode(query)}"})
    else:  # to the stored address: a typed address that only looks the same may be somebody else's
        context["url"] = urljoin(site, resolve_url(settings.LOGIN_URL))
        _send("signup_taken", getattr(account, field), context)


def _origin(request: HttpRequest, relying_party: RelyingParty) -> str:
    """The origin of this request, if it is one of ours, else our own: anybody can send any Host header."""
    here = f"{request.scheme}://{request.get_host()}"
    return here if here in relying_party.origins else relying_party.web_origin or here


def _send(kind: str, address: str, context: dict[str, Any]) -> None:
    with failures_logged("the e-mail to somebody who signs up"):
        send_mail(kind, address, context)
