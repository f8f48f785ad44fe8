"""The cookie that carries an enrolment's secret from the link to the page, so that the page's URL has no secret.

Django's password reset does the same with the session. With a cookie, mail scanners cause no session row.
"""

import re

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables

COOKIE = "passkeys_enrolment"
"""Not one of the ceremony cookies, whose names begin with "passkey_"."""
COOKIE_AGE = 60 * 60
"""Seconds. The link in the e-mail can be opened again."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


@sensitive_variables()
def admit(response: HttpResponseBase, secret: str) -> None:
    """Set the cookie with which the page `enrol/` and its two endpoints know the enrolment.

    What cannot be a secret, as a link that a mail program has cut, ends an earlier enrolment of this browser.
    """
    if not _SECRET.fullmatch(secret):
        return dismiss(response)
    response.set_cookie(
        COOKIE,
        _signer().sign(secret),
        max_age=COOKIE_AGE,
        path=_path(),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return None


def dismiss(response: HttpResponseBase) -> None:
    """Delete the cookie."""
    response.delete_cookie(COOKIE, path=_path(), samesite="Lax")


@sensitive_variables()
def secret_in(request: HttpRequest) -> str:
    """The secret in the cookie; empty without a valid one."""
    try:
        return _signer().unsign(request.COOKIES.get(COOKIE, ""), max_age=COOKIE_AGE)
    except BadSignature:
        return ""


def _path() -> str:
    """The folder of the include: the page, start-enrolment and finalize-enrolment are in it."""
    return reverse("passkeys:enrol").removesuffix("enrol/")


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="passkeys_django.enrolment")
