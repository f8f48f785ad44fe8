"""What a provider is still to forget."""

from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .rows import PROVIDER_MAX_LENGTH, WrittenManager, among, credential_id_sha256


class RemovedPasskeyManager(WrittenManager["RemovedPasskey"]):
    def remember(self, *, provider: str, credential_id: str) -> "RemovedPasskey":
        """The provider may hold a copy that is to go."""
        return self.written().get_or_create(
            provider=provider,
            credential_id_sha256=credential_id_sha256(credential_id),
            defaults={"credential_id": credential_id},
        )[0]

    def named(self, *, provider: str, credential_id: str) -> "models.QuerySet[RemovedPasskey]":
        """The pending removal of this credential at this provider, if any."""
        return self.written().filter(provider=provider, credential_id_sha256=credential_id_sha256(credential_id))

    def pending(self, *, provider: str, credential_ids: Iterable[str]) -> set[str]:
        """Those of the credential ids that this provider is still to forget."""
        return among(self.written().filter(provider=provider), credential_ids)


class RemovedPasskey(models.Model):
    """A credential that the provider is still to forget. It has no key to the user, who may be gone."""

    provider = models.CharField(_("provider"), max_length=PROVIDER_MAX_LENGTH)
    credential_id = models.CharField(_("credential ID"), max_length=1364)
    credential_id_sha256 = models.CharField(max_length=64, editable=False)
    removed_at = models.DateTimeField(_("removed"), default=timezone.now)

    objects: ClassVar[RemovedPasskeyManager] = RemovedPasskeyManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credential_id_sha256", "provider"], name="passkeys_django_removed_once"
            )
        ]
        verbose_name = _("removed passkey")
        verbose_name_plural = _("removed passkeys")

    def __str__(self) -> str:
        return self.credential_id
