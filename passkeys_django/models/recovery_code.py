"""Recovery codes, of which only digests are stored."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone

from ..conf import passkey_settings
from .passkey import Passkey
from .rows import PrimaryDatabaseManager


class RecoveryCodeManager(PrimaryDatabaseManager["RecoveryCode"]):
    """A code of strength 1 works only while its user has no passkey.

    A stranger with a password may have made such codes before the owner's first passkey or security key: both end
    them.
    """

    def working(self) -> "models.QuerySet[RecoveryCode]":
        """The codes that work now."""
        accepted = Passkey.objects.on_primary().accepted().passkeys().filter(user_id=models.OuterRef("user_id"))
        return self.on_primary().filter(models.Q(strength__gt=1) | ~models.Exists(accepted.order_by()))

    def left(self, user_keys: Iterable[Any]) -> "models.QuerySet[RecoveryCode]":
        """The codes of these users that work now; none on a site without recovery codes."""
        codes = self.working().filter(user_id__in=list(user_keys))
        return codes if passkey_settings.recovery_codes else codes.none()

    def match(self, user: AbstractBaseUser | None, code_sha256: str) -> "RecoveryCode | None":
        """The user's code with this digest, if it works now. One statement runs, also if nobody is the user."""
        owner = {"pk": 0} if user is None else {"user_id": user.pk}
        return self.working().filter(code_sha256=code_sha256, **owner).first()

    def end_weak(self, user_keys: Iterable[Any]) -> None:
        """Delete these users' codes of strength 1. Call this in the transaction that stores passkeys."""
        self.on_primary().filter(user_id__in=list(user_keys), strength__lte=1).delete()


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
