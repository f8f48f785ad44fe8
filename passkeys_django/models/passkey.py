"""The passkeys."""

import uuid
from collections.abc import Iterable
from typing import Any, ClassVar, cast

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, router
from django.forms import CharField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..conf import passkey_settings
from ..protocol.aaguids import known_manager
from ..protocol.descriptors import (
    USER_HANDLE_MAX_BYTES,
    CredentialDescriptor,
    handle_spellings,
    name_spellings,
)
from ..protocol.unicode_text import is_visible
from .compiled_query import CompiledQuery
from .rows import PROVIDER_MAX_LENGTH, CompareAndSetManager, MomentField, credential_id_sha256, utc_text, with_ids

NAME_MAX_LENGTH = 100


validate_printable = RegexValidator(
    r"[\x00-\x1f\x7f\ud800-\udfff]", _("Please leave out control characters."), inverse_match=True
)


def validate_visible(name: str) -> None:
    """Raise ValidationError for a name without visible characters, as for an empty name."""
    if not is_visible(name):
        raise ValidationError(CharField.default_error_messages["required"], code="required")


class PasskeyKind(models.TextChoices):
    """What a credential is good for. Our own ceremony decides this at the registration, never a provider.

    A security key is good only as a second step after a password.
    """

    PASSKEY = "passkey", _("passkey")
    SECURITY_KEY = "security-key", _("security key")


class PasskeyQuerySet(models.QuerySet["Passkey"]):
    def usable(self, *, certainly: bool = False) -> "PasskeyQuerySet":
        """The passkeys with which their user can sign in, as far as is known.

        If our own options require user verification, a passkey is left out whose user was not verified when the
        passkey was created, and who has not signed in with it since.

        `certainly`: only passkeys that were made here as discoverable, or have logged in once. A policy that
        refuses passwords counts no others: nobody knows whether a login without a user name finds them. A
        confirmation or a second step does not show this, because its options name the passkey.
        """
        rows = self.accepted().passkeys()
        if certainly:
            rows = rows.filter(discoverable=True)
        return rows.exclude(user_verified=False, use_count=0) if passkey_settings.demands_verification else rows

    def strong(self) -> "PasskeyQuerySet":
        """The usable passkeys that were not made without user verification: a login with one has strength 2."""
        return self.usable().exclude(user_verified=False)

    def passkeys(self) -> "PasskeyQuerySet":
        """What signs in alone."""
        return self.filter(kind=PasskeyKind.PASSKEY)

    def security_keys(self) -> "PasskeyQuerySet":
        """What is good only as a second step after a password."""
        return self.filter(kind=PasskeyKind.SECURITY_KEY)

    def accepted(self) -> "PasskeyQuerySet":
        """The passkeys and security keys of this RP ID that their provider has not refused."""
        rows = self.filter(refused_at=None)
        return rows if passkey_settings.rp_id is None else rows.filter(rp_id=passkey_settings.rp_id)


class PasskeyManager(CompareAndSetManager["Passkey"]):
    _queryset_class = PasskeyQuerySet

    def on_primary(self) -> PasskeyQuerySet:
        """All rows, in the database that is written to."""
        return cast(PasskeyQuerySet, super().on_primary())

    def find(self, credential_id: str) -> "Passkey | None":
        """The passkey with its user and the user's `passkey_handle`, in one statement.

        It is read from the primary database, because a replica may lag behind a registration.
        """
        found: Passkey | None = _BY_CREDENTIAL_ID.find(
            credential_id_sha256(credential_id), using=router.db_for_write(self.model)
        )
        return found

    def is_known(self, credential_id: str) -> bool:
        """Does any user have a passkey with this credential id?"""
        rows = self.on_primary()
        return rows.filter(credential_id_sha256=credential_id_sha256(credential_id)).exists()

    def known(self, credential_ids: Iterable[str]) -> set[str]:
        """Which of the credential ids belong to a stored passkey."""
        return set(with_ids(self.on_primary(), credential_ids).values_list("credential_id", flat=True))

    def user_handles(self, credential_ids: Iterable[str]) -> dict[str, bytes]:
        """The user handles of the stored passkeys with these credential ids, by credential id."""
        rows = with_ids(self.on_primary(), credential_ids).values_list("credential_id", "user_handle")
        return {credential_id: bytes(handle) for credential_id, handle in rows}

    def of(self, user: AbstractBaseUser) -> PasskeyQuerySet:
        """The user's passkeys, oldest first."""
        return self.on_primary().filter(user_id=user.pk).order_by("created_at", "pk")

    def mark_refused(self, passkey: "Passkey") -> None:
        """Record that the provider removed or replaced its copy.

        This site does not verify the passkey itself until the mark is cleared: by a login there, a sync or staff.
        """
        self.on_primary().filter(pk=passkey.pk).update(refused_at=timezone.now())


class Passkey(models.Model):
    """One passkey of one user, with all data that is needed to verify a login here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys", verbose_name=_("user")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=PasskeyKind, default=PasskeyKind.PASSKEY)
    provider = models.CharField(
        _("provider"),
        max_length=PROVIDER_MAX_LENGTH,
        blank=True,
        default="",
        help_text=_("Who else holds a copy: an identity such as hanko:TENANT-ID; empty: only this site."),
    )
    rp_id = models.CharField(_("relying party ID"), max_length=253)
    user_handle = models.BinaryField(_("user handle"), max_length=USER_HANDLE_MAX_BYTES)
    credential_id = models.CharField(_("credential ID"), max_length=1364)  # 1023 bytes in base64url
    credential_id_sha256 = models.CharField(max_length=64, editable=False)
    public_key = models.BinaryField(_("public key"))
    sign_count = models.PositiveBigIntegerField(_("signature counter"), default=0)
    aaguid = models.UUIDField(_("AAGUID"), default=uuid.UUID(int=0))
    transports = models.JSONField(_("transports"), default=list, blank=True)
    backup_eligible = models.BooleanField(_("can be synced"), null=True, blank=True)
    backup_state = models.BooleanField(_("synced"), default=False)
    user_verified = models.BooleanField(
        _("user verified"),
        null=True,
        blank=True,
        default=False,
        help_text=_("At registration. Unknown for an adopted passkey, until its first login, which must verify."),
    )
    discoverable = models.BooleanField(
        _("discoverable"),
        null=True,
        blank=True,
        default=None,
        help_text=_("Does a login without a user name find it? Unknown for a passkey that was made elsewhere."),
    )
    name = models.CharField(
        _("name"), max_length=NAME_MAX_LENGTH, validators=[validate_printable, validate_visible]
    )
    created_at = MomentField(_("created"), default=timezone.now)
    last_used_at = MomentField(_("last used"), null=True, blank=True)
    use_count = models.PositiveBigIntegerField(_("uses"), default=0)
    spent = models.JSONField(default=list, editable=False)
    refused_at = models.DateTimeField(_("removed by the provider"), null=True, blank=True)
    # When the passkey was renamed here, if the provider's copy may still have the older name; else null. Names are
    # not compared: if nobody renamed a passkey, provider and site may name it after different lists of managers.
    renamed_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[PasskeyManager] = PasskeyManager()

    class Meta:
        ordering = ["-created_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["credential_id_sha256"], name="passkeys_django_passkey_once")
        ]
        # Without a field that a login changes: PostgreSQL then writes a login into no index.
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "id"], name="passkeys_passkey_created"),
            models.Index(fields=["provider"], name="passkeys_passkey_provider"),
        ]
        verbose_name = _("passkey")
        verbose_name_plural = _("passkeys")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.credential_id_sha256 = credential_id_sha256(self.credential_id)
        super().save(*args, **kwargs)

    @property
    def is_security_key(self) -> bool:
        return self.kind == PasskeyKind.SECURITY_KEY

    @property
    def descriptor(self) -> CredentialDescriptor:
        """The credential, for a browser to offer or to exclude."""
        return CredentialDescriptor(id=self.credential_id, transports=tuple(self.transports))

    @property
    def at_provider(self) -> dict[str, Any]:
        """Keyword arguments that name the passkey to a provider: always its id and its user's handle together."""
        return {"credential_id": self.credential_id, "user_handle": bytes(self.user_handle)}

    @property
    def manager_name(self) -> str:
        """The manager that the AAGUID names; empty if unknown. For display only: the AAGUID is not proven."""
        return known_manager(self.aaguid)

    def has_user_handle(self, handle: bytes) -> bool:
        """Does `handle` mean this passkey's user?"""
        own = bytes(self.user_handle)
        return handle == own or handle in handle_spellings(own)

    def may_have_user_handle(self, handle: bytes) -> bool:
        """Does `handle` mean this passkey's user, or may it be what an import could not know exactly?

        This is only for an answer that the stored key verifies: the credential id has found the user already. An
        import stores a name, of which the other package made one of several handles.
        """
        is_imported = not self.provider and self.discoverable is None
        return self.has_user_handle(handle) or (is_imported and handle in name_spellings(bytes(self.user_handle)))

    def to_json(self) -> dict[str, Any]:
        """The passkey as the JSON endpoints show it; times in UTC, ISO 8601."""
        return {
            "id": str(self.pk),
            "kind": self.kind,
            "name": self.name,
            "manager": self.manager_name or None,
            "credential_id": self.credential_id,
            "aaguid": str(self.aaguid),
            "transports": self.transports,
            "backup_eligible": self.backup_eligible,
            "backup_state": self.backup_state,
            "created_at": utc_text(self.created_at),
            "last_used_at": utc_text(self.last_used_at),
            "use_count": self.use_count,
        }


_BY_CREDENTIAL_ID = CompiledQuery(
    lambda: Passkey.objects.select_related("user__passkey_handle").filter(credential_id_sha256="").order_by()
)
