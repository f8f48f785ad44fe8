"""The addresses in e-mails and QR codes."""

from django.urls import reverse

from ..models import Enrolment


def enrolment_url(origin: str, secret: str) -> str:
    """The link that enrols. `origin` is `relying_party.pages_origin`, so no forged Host header gets into it."""
    return origin + reverse("passkeys:enrol-link", args=[secret])


def cancel_url(origin: str, enrolment: Enrolment) -> str:
    """The link to the page that cancels. It acts only after a button was pressed: mail scanners open all links."""
    return origin + reverse("passkeys:cancel-enrolment", args=[enrolment.cancel_token])
