"""Doing what was signed, in one transaction with the evidence."""

import logging
from typing import Any

from django.core.exceptions import ImproperlyConfigured, PermissionDenied, SuspiciousOperation, ValidationError
from django.core.signals import got_request_exception
from django.http import Http404, HttpResponse

from ...exceptions import PasskeyError, SigningFailed
from ...models import PasskeySignature
from ..evidence.seal import seal
from ..finalize import Verified, store
from .databases import one_database

logger = logging.getLogger("passkeys_django")
_HANDLED = (
    PasskeyError,
    ImproperlyConfigured,
    ValidationError,
    Http404,
    PermissionDenied,
    SuspiciousOperation,
)
"""The errors of `form_signed()` that have an answer of their own."""


class Execution:
    """Does what was signed, in one transaction with the evidence."""

    def __init__(self, view: Any, form: Any) -> None:
        self.view, self.form = view, form
        self.response: HttpResponse | None = None

    def run(self, verified: Verified) -> HttpResponse:
        """The redirect that `form_signed()` returns. Raises SigningFailed for an error that was logged."""
        try:
            with one_database():
                store(self.view.request, verified, self._act)
        except _HANDLED:
            raise
        except Exception as exc:
            logger.exception("form_signed() of %s failed: nothing was stored", type(self.view).__name__)
            got_request_exception.send(sender=type(self.view), request=self.view.request)
            raise SigningFailed("form_signed() failed") from exc
        assert self.response is not None  # noqa: S101  # `store` has called `_act`
        return self.response

    def _act(self, signature: PasskeySignature) -> None:
        response = self.view.form_signed(self.form, signature)
        url = getattr(response, "url", None)
        if not isinstance(url, str):
            raise ImproperlyConfigured(
                f"{type(self.view).__name__}.form_signed() must return a redirect: the same answer is given again "
                "when a browser repeats the request."
            )
        self.response, signature.redirect_url = response, url
        seal(signature)
        signature.save(update_fields=["redirect_url", "seal"])
