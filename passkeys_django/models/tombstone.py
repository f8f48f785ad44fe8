"""Which passkeys were removed here, so that nothing brings them back."""

from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from django.utils import timezone

from .rows import PrimaryDatabaseManager, credential_id_sha256


class TombstoneManager(PrimaryDatabaseManager["Tombstone"]):
    def put_up(self, *, rp_id: str, credential_id: str) -> None:
        """The passkey was removed here. Importing or adopting its credential leaves it out from now on."""
        self.on_primary().get_or_create(rp_id=rp_id, credential_id_sha256=credential_id_sha256(credential_id))

    def lift(self, *, rp_id: str, credential_id: str) -> bool:
        """The credential may come back: somebody has registered it anew, or staff say so. Was it removed?"""
        return bool(self.of(rp_id=rp_id, credential_ids=[credential_id]).delete()[0])

    def of(self, *, rp_id: str, credential_ids: Iterable[str]) -> "models.QuerySet[Tombstone]":
        """Those of these credentials."""
        digests = [credential_id_sha256(credential_id) for credential_id in credential_ids]
        return self.on_primary().filter(rp_id=rp_id, credential_id_sha256__in=digests)

    def removed(self, *, rp_id: str, credential_ids: Iterable[str]) -> set[str]:
        """Those of the credential ids that were removed here."""
        ids = {credential_id_sha256(credential_id): credential_id for credential_id in credential_ids}
        found = self.of(rp_id=rp_id, credential_ids=ids.values())
        return {ids[digest] for digest in found.values_list("credential_id_sha256", flat=True)}


class Tombstone(models.Model):
    """A passkey that was removed here, whoever held a copy.

    A digest of a random id names nobody, so the row may outlive the user.
    """

    rp_id = models.CharField(max_length=253)
    credential_id_sha256 = models.CharField(max_length=64)
    removed_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[TombstoneManager] = TombstoneManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credential_id_sha256", "rp_id"], name="passkeys_django_tombstone_once"
            )
        ]

    def __str__(self) -> str:
        return self.credential_id_sha256
