"""Removed passkeys whose copy a provider must still delete."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..protocol.descriptors import USER_HANDLE_MAX_BYTES, handle_spellings
from .rows import PROVIDER_MAX_LENGTH, PrimaryDatabaseManager, credential_id_sha256, with_ids

if TYPE_CHECKING:
    from .passkey import Passkey


class RemovedPasskeyManager(PrimaryDatabaseManager["RemovedPasskey"]):
    """A removal concerns one credential of one user, and no other user's credential with the same id."""

    def remember(self, *, provider: str, credential_id: str, user_handle: bytes) -> "RemovedPasskey":
        """Store that the provider may hold a copy which must be deleted."""
        return self.on_primary().get_or_create(
            provider=provider,
            credential_id_sha256=credential_id_sha256(credential_id),
            user_handle_hex=user_handle.hex(),
            defaults={"credential_id": credential_id},
        )[0]

    def remember_all(self, passkeys: "Iterable[Passkey]") -> None:
        """Store this of each of these passkeys whose provider may hold a copy, in one INSERT."""
        rows = [
            RemovedPasskey(
                provider=passkey.provider,
                credential_id=passkey.credential_id,
                credential_id_sha256=passkey.credential_id_sha256,
                user_handle_hex=bytes(passkey.user_handle).hex(),
            )
            for passkey in passkeys
            if passkey.provider
        ]
        self.on_primary().bulk_create(rows, ignore_conflicts=True)

    def named(self, *, provider: str, credential_id: str, user_handle: bytes) -> "models.QuerySet[RemovedPasskey]":
        """The pending removal of this user's credential at this provider, if any."""
        return self.on_primary().filter(
            provider=provider,
            credential_id_sha256=credential_id_sha256(credential_id),
            user_handle_hex__in=[spelling.hex() for spelling in handle_spellings(user_handle)],
        )

    def pending(self, *, provider: str, user_handles: Mapping[str, bytes]) -> set[str]:
        """Which of the credential ids this provider must still delete. `user_handles` are by credential id."""
        removals = with_ids(self.on_primary().filter(provider=provider), user_handles)
        return {each.credential_id for each in removals if each.is_of(user_handles[each.credential_id])}


class RemovedPasskey(models.Model):
    """A credential that the provider must still delete. Without a foreign key: the user may be deleted already."""

    provider = models.CharField(_("provider"), max_length=PROVIDER_MAX_LENGTH)
    credential_id = models.CharField(_("credential ID"), max_length=1364)
    credential_id_sha256 = models.CharField(max_length=64, editable=False)
    # Text, because MySQL cannot make a unique index of binary columns.
    user_handle_hex = models.CharField(max_length=2 * USER_HANDLE_MAX_BYTES, editable=False)
    removed_at = models.DateTimeField(_("removed"), default=timezone.now)

    objects: ClassVar[RemovedPasskeyManager] = RemovedPasskeyManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credential_id_sha256", "user_handle_hex", "provider"], name="passkeys_django_removed_once"
            )
        ]
        verbose_name = _("removed passkey")
        verbose_name_plural = _("removed passkeys")

    def __str__(self) -> str:
        return self.credential_id

    @property
    def user_handle(self) -> bytes:
        """The user handle under which the provider knows the credential."""
        return bytes.fromhex(self.user_handle_hex)

    def is_of(self, user_handle: bytes) -> bool:
        """Did the removed credential belong to the user with this handle?"""
        return user_handle in handle_spellings(self.user_handle)
