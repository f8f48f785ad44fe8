"""The history: what happened to passkeys, and from which address."""

from typing import ClassVar

from django.conf import settings
from django.db import models, router
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .compiled_query import CompiledInsert
from .passkey import NAME_MAX_LENGTH
from .rows import PrimaryDatabaseManager


class EventKind(models.TextChoices):
    """What happened.

    `FALLBACK_USED` is stored beside `REGISTERED` or `USED`, if this site acted because the provider was down.
    `BACKUP_CHANGED` is stored beside `USED`, if the passkey changed what it says about whether it can be synced.
    `SIGNED_IN` is a login without a passkey. `OFFERED` is stored once in a session.
    """

    REGISTERED = "registered", _("created")
    ADOPTED = "adopted", _("taken over from another system")
    USED = "used", _("used to sign in")
    REFUSED = "refused", _("refused")
    RENAMED = "renamed", _("renamed")
    REMOVED = "removed", _("removed")
    FALLBACK_USED = "fallback_used", _("went on without its provider")
    BACKUP_CHANGED = "backup_changed", _("changed whether it can be synced")
    ENROLMENT_CREATED = "enrolment_created", _("link for a new passkey made")
    ENROLMENT_USED = "enrolment_used", _("link for a new passkey used")
    ENROLMENT_CANCELLED = "enrolment_cancelled", _("link for a new passkey cancelled")
    CODES_CREATED = "codes_created", _("recovery codes made")
    CODE_USED = "code_used", _("recovery code used")
    SESSIONS_ENDED = "sessions_ended", _("other sessions ended")
    SIGNED_IN = "signed_in", _("signed in without a passkey")
    OFFERED = "offered", _("offered a passkey")


class PasskeyEventManager(PrimaryDatabaseManager["PasskeyEvent"]):
    """Writes events to the database of the passkeys."""

    def record(self, event: "PasskeyEvent", *more: "PasskeyEvent") -> None:
        """Store new events in one INSERT."""
        if more:
            self.on_primary().bulk_create([event, *more])
        else:
            _INSERT.insert(event, using=router.db_for_write(self.model))


class PasskeyEvent(models.Model):
    """One thing that happened to one passkey, or to an account's ways to create one.

    The row outlives the passkey, but not the passkey's user. `code` is the error code of a refusal, the reason of
    an enrolment, the way of a login without a passkey, or what a passkey was used for, if not for a login. `actor`
    is the person who acted, if that was not the passkey's user. `address` is the client's, truncated unless
    PASSKEY_EVENT_ADDRESSES says otherwise.
    """

    at = models.DateTimeField(_("time"), default=timezone.now)
    kind = models.CharField(_("event"), max_length=32, choices=EventKind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="passkey_events",
        verbose_name=_("user"),
    )
    passkey = models.UUIDField(_("passkey"), null=True)
    name = models.CharField(_("name"), max_length=NAME_MAX_LENGTH, blank=True)
    code = models.CharField(_("code"), max_length=32, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("by")
    )
    address = models.GenericIPAddressField(_("address"), null=True)

    objects: ClassVar[PasskeyEventManager] = PasskeyEventManager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["at", "id"], name="passkeys_event_at")]
        verbose_name = _("passkey event")
        verbose_name_plural = _("passkey events")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name}"


_INSERT = CompiledInsert(PasskeyEvent)
