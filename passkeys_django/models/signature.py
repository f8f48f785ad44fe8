"""Signatures: the evidence that a person signed a statement with their passkey."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .rows import PROVIDER_MAX_LENGTH, PrimaryDatabaseManager

ACTION_MAX_LENGTH = 100
USER_NAME_MAX_LENGTH = 320
"""A longer name is cut: the key of the user decides."""
CHALLENGE_LENGTH = 86
"""64 bytes in base64url."""


class PasskeySignatureManager(PrimaryDatabaseManager["PasskeySignature"]):
    def of_challenge(self, challenge: str, user: AbstractBaseUser) -> "PasskeySignature | None":
        """The user's signature that answered this challenge."""
        return self.on_primary().filter(challenge=challenge, user_id=user.pk).first()

    def of_form(self, form_sha256: str) -> "PasskeySignature | None":
        """The signature that was given on this page."""
        return self.on_primary().filter(form_sha256=form_sha256).first()


class PasskeySignature(models.Model):
    """The evidence that a person signed a statement. The row outlives the passkey and the user.

    The primary key is the id of the transaction: the last 32 bytes of `challenge` are the SHA-256 hash of this id
    and of `text`. `challenge` is unique, so that a signature is given exactly once. `token` is the service's own
    confirmation, and `jwk` is the key that verified the token; both are empty if no service took part.
    `fallback`: did this site run the ceremony because the service was down? `seal` covers all other fields, see
    `signatures.seal`.
    """

    id = models.UUIDField(_("transaction"), primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="passkey_signatures",
        verbose_name=_("user"),
    )
    user_key = models.CharField(_("key of the user"), max_length=255)
    user_name = models.CharField(_("name of the user"), max_length=USER_NAME_MAX_LENGTH)
    created_at = models.DateTimeField(_("signed"), default=timezone.now)
    action = models.CharField(_("action"), max_length=ACTION_MAX_LENGTH)
    text = models.TextField(_("signed text"))
    challenge = models.CharField(_("challenge"), max_length=CHALLENGE_LENGTH)
    credential_id = models.CharField(_("credential ID"), max_length=1364)
    public_key = models.BinaryField(_("public key"))
    client_data = models.BinaryField(_("client data"))
    authenticator_data = models.BinaryField(_("authenticator data"))
    signature = models.BinaryField(_("signature"))
    rp_id = models.CharField(_("relying party ID"), max_length=253)
    origin = models.CharField(_("origin"), max_length=300)
    provider = models.CharField(_("provider"), max_length=PROVIDER_MAX_LENGTH, blank=True, default="")
    fallback = models.BooleanField(_("went on without its provider"), default=False)
    token = models.TextField(_("token"), blank=True, default="")
    jwk = models.JSONField(_("key of the token"), null=True, blank=True, default=None)
    form_sha256 = models.CharField(max_length=64, editable=False)
    redirect_url = models.TextField(_("answer"), blank=True, default="")
    seal = models.CharField(_("seal"), max_length=64)

    objects: ClassVar[PasskeySignatureManager] = PasskeySignatureManager()

    class Meta:
        ordering = ["-created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["challenge"], name="passkeys_django_challenge_once"),
            models.UniqueConstraint(fields=["form_sha256"], name="passkeys_django_signed_form_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "id"], name="passkeys_signature_created"),
            models.Index(fields=["action", "created_at"], name="passkeys_signature_action"),
            models.Index(fields=["user_name"], name="passkeys_signature_user_name"),
        ]
        verbose_name = _("passkey signature")
        verbose_name_plural = _("passkey signatures")

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"
