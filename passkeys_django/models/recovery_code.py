"""Recovery codes, of which only digests are stored."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from .rows import PrimaryDatabaseManager


class RecoveryCodeManager(PrimaryDatabaseManager["RecoveryCode"]):
    pass


class RecoveryCode(models.Model):
    """One code that is not used yet: a used code is deleted.

    `strength` is the strength of the session that made the code. Codes of strength 1 end with the first passkey.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkey_recovery_codes"
    )
    code_sha256 = models.CharField(max_length=64)
    strength = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[RecoveryCodeManager] = RecoveryCodeManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "code_sha256"], name="passkeys_django_recovery_code_once")
        ]

    def __str__(self) -> str:
        return self.code_sha256
