"""The addresses in e-mails and QR codes."""

from django.urls import reverse

from ..models import Enrolment


def enrolment_url(origin: str, secret: str) -> str:
    """The link that enrols. `origin` comes from the settings (`relying_party.pages_origin`), never from a request."""
    return origin + reverse("passkeys:enrol-link", args=[secret])


def cancel_url(origin: str, enrolment: Enrolment) -> str:
    """The link to the page that cancels. It acts only after a button was pressed: mail scanners open all links."""
    return origin + reverse("passkeys:cancel-enrolment", args=[enrolment.cancel_token])
