"""Remembers which passkeys were removed here, so that import and adoption do not bring them back."""

from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from django.utils import timezone

from .rows import PrimaryDatabaseManager, credential_id_sha256


class TombstoneManager(PrimaryDatabaseManager["Tombstone"]):
    def put_up_all(self, removed: Iterable[tuple[str, str]]) -> None:
        """Record in one INSERT that passkeys were removed here, each by its RP ID and credential id.

        From now on, import and adoption leave these credentials out.
        """
        rows = [Tombstone(rp_id=rp_id, credential_id_sha256=credential_id_sha256(id_)) for rp_id, id_ in removed]
        self.on_primary().bulk_create(rows, ignore_conflicts=True)

    def lift(self, *, rp_id: str, credential_id: str) -> bool:
        """Allow the credential again: it was registered anew, or staff allow it. Had it been removed?"""
        return bool(self.of(rp_id=rp_id, credential_ids=[credential_id]).delete()[0])

    def of(self, *, rp_id: str, credential_ids: Iterable[str]) -> "models.QuerySet[Tombstone]":
        """The tombstones of these credentials."""
        digests = [credential_id_sha256(credential_id) for credential_id in credential_ids]
        return self.on_primary().filter(rp_id=rp_id, credential_id_sha256__in=digests)

    def removed(self, *, rp_id: str, credential_ids: Iterable[str]) -> set[str]:
        """Which of the credential ids were removed here."""
        ids = {credential_id_sha256(credential_id): credential_id for credential_id in credential_ids}
        found = self.of(rp_id=rp_id, credential_ids=ids.values())
        return {ids[digest] for digest in found.values_list("credential_id_sha256", flat=True)}


class Tombstone(models.Model):
    """A passkey that was removed here, whether a provider held a copy or not.

    The row may outlive the user, because the digest of a random id does not identify a person.
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
