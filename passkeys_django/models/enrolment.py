"""Enrolments: links with which somebody may create one passkey."""

from typing import ClassVar

from django.conf import settings
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
    pass


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
    secret_sha256 = models.CharField(max_length=64, unique=True, editable=False)
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

    objects: ClassVar[EnrolmentManager] = EnrolmentManager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        permissions = [("invite", _("May invite people to create a passkey"))]

    def __str__(self) -> str:
        return str(self.get_reason_display())
