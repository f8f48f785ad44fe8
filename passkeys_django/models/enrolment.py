"""Enrolments: links with which somebody may create one passkey."""

import hashlib
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .rows import PrimaryDatabaseManager


class EnrolmentReason(models.TextChoices):
    """Why somebody got the link."""

    INVITATION = "invitation", _("invitation")
    CODE = "code", _("recovery code")
    EMAIL = "email", _("recovery by e-mail")
    DEVICE = "device", _("another device")


class EnrolmentManager(PrimaryDatabaseManager["Enrolment"]):
    """Each change of an enrolment is one UPDATE that asks for an open row, so only one request can succeed."""

    def of_secret(self, secret: str) -> "Enrolment | None":
        """The enrolment with its user, whatever became of it."""
        rows = self.on_primary().select_related("user")
        return rows.filter(secret_sha256=secret_sha256(secret)).first()

    def of_cancel_token(self, token: str) -> "Enrolment | None":
        """The enrolment that this token of `Enrolment.cancel_token` can cancel."""
        try:
            key = int(_cancel_signer().unsign(token))
        except (BadSignature, ValueError):
            return None
        return self.on_primary().select_related("user").filter(pk=key).first()

    def open(self) -> "models.QuerySet[Enrolment]":
        """Those that nobody has used or cancelled, and that have not expired."""
        return self._unsettled().filter(expires_at__gt=timezone.now())

    def mark_used(self, enrolment: "Enrolment", *, at: datetime) -> bool:
        """Set `used_at`. False if the enrolment was used or cancelled meanwhile, or has expired."""
        rows = self._unsettled().filter(pk=enrolment.pk, expires_at__gt=at, not_before__lte=at)
        return rows.update(used_at=at) == 1

    def mark_cancelled(self, enrolment: "Enrolment", *, at: datetime) -> bool:
        """Set `cancelled_at`. False if the enrolment was used or cancelled before."""
        return self._unsettled().filter(pk=enrolment.pk).update(cancelled_at=at) == 1

    def _unsettled(self) -> "models.QuerySet[Enrolment]":
        return self.on_primary().filter(used_at=None, cancelled_at=None)


class Enrolment(models.Model):
    """Lets its holder create one passkey for one account, once, between `not_before` and `expires_at`.

    Only the SHA-256 of the secret is stored. `account_state` is a digest of the user's session auth hash and
    passkeys when the link was made: when either has changed, the enrolment is over.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="passkey_enrolments",
        verbose_name=_("user"),
    )
    secret_sha256 = models.CharField(max_length=64, editable=False)
    reason = models.CharField(_("reason"), max_length=16, choices=EnrolmentReason)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("by")
    )
    not_before = models.DateTimeField(_("valid from"), default=timezone.now)
    expires_at = models.DateTimeField(_("valid until"))
    used_at = models.DateTimeField(_("used"), null=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)
    account_state = models.CharField(max_length=64, editable=False)

    mailed_to = ""
    """The address to which the link is being sent, in the request that makes the enrolment; not stored."""

    objects: ClassVar[EnrolmentManager] = EnrolmentManager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["secret_sha256"], name="passkeys_django_enrolment_once")]
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        permissions = [("invite", _("May invite people to create a passkey"))]

    def __str__(self) -> str:
        return str(self.get_reason_display())

    @property
    def name(self) -> str:
        """Tells this enrolment from others on a page. It says nothing about the secret that helps to guess it."""
        return self.secret_sha256[:16]

    @property
    def cancel_token(self) -> str:
        """Names this enrolment in the link that cancels it. The token cannot enrol: only the secret can."""
        return _cancel_signer().sign(str(self.pk))


def secret_sha256(secret: str) -> str:
    """How a secret is stored: 256 random bits need no salt, and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _cancel_signer() -> Signer:
    return Signer(salt="passkeys_django.enrolment.cancel")
