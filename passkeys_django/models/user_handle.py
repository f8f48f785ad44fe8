"""The opaque id of a user, and the names that authenticators show."""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..protocol.unicode_text import is_visible
from .rows import CompareAndSetManager

PROBATION = timedelta(hours=72)
"""How long a passkey that was made by e-mail removes no older one and makes no codes."""


def new_user_handle() -> str:
    """43 characters: WebAuthn allows 64 bytes; Hanko counts characters, and refuses all logins with 16 bytes."""
    return secrets.token_urlsafe(32)


def user_name(user: AbstractBaseUser) -> str:
    """The username of the user model as text. The field may hold a number, a UUID or another row.

    The primary key replaces a username that is None or blank, because some authenticators refuse users without a
    name. The text is empty only if the user has neither.
    """
    name = user.get_username()
    text = "" if name is None else str(name)
    if is_visible(text):
        return text
    return "" if user.pk is None else str(user.pk)


def display_name(user: AbstractBaseUser) -> str:
    """What authenticators show beside the user's name: the full name, or the username if there is none."""
    full_name = str(getattr(user, "get_full_name", str)() or "")
    return full_name if is_visible(full_name) else user_name(user)


def account_address(user: AbstractBaseUser) -> str:
    """The e-mail address that the account has now; empty if it has none."""
    return str(getattr(user, user.get_email_field_name(), None) or "")


class UserHandleManager(CompareAndSetManager["UserHandle"]):
    """Each transaction that counts a user's passkeys begins with a `compare_and_set` of the user's handle.

    This statement locks the row, so that registrations and removals of one user run one after another.
    """

    def for_user(self, user: AbstractBaseUser) -> "UserHandle":
        """The user's handle from the database that is written to, created on first need."""
        return self.on_primary().get_or_create(user_id=user.pk)[0]

    def hold(self, user_keys: Iterable[Any]) -> None:
        """Lock the handles of these users until the transaction ends. Call this as the first thing in it.

        Handles that are missing are created, but not of users who were deleted meanwhile. Two such transactions
        must not run at once: they might wait for each other.
        """
        keys = set(user_keys)
        rows = self.on_primary().filter(user_id__in=keys)
        if rows.update(use_count=F("use_count") + 1) == len(keys):
            return
        users = get_user_model()._base_manager.using(rows.db).filter(pk__in=keys, passkey_handle=None)
        missing = list(users.values_list("pk", flat=True))
        self.on_primary().bulk_create((UserHandle(user_id=key) for key in missing), ignore_conflicts=True)
        rows.update(use_count=F("use_count") + 1)  # also those that another process has created meanwhile

    def address_for_links(self, user: AbstractBaseUser) -> str:
        """Where a link that lets somebody in is sent: to the address of the last strong login, if it is known.

        Somebody who has only a password may have changed the account's present address.
        """
        return self._strong_address(user) or account_address(user)

    def addresses_for_notices(self, user: AbstractBaseUser) -> list[str]:
        """Where the owner is told what happens: at the present address, and at that of the last strong login."""
        addresses = (account_address(user), self._strong_address(user))
        return list({address.casefold(): address for address in reversed(addresses) if address}.values())

    def remember_strong_address(self, user: AbstractBaseUser, handle: "UserHandle | None") -> str:
        """Remember the account's present address: the user has just shown a login of strength 2.

        Returns the address that was replaced; empty if none was.
        `handle` is the user's row as the login has read it; None if there was none. No statement runs if nothing
        changes. Nothing is written while the account is on probation: the login may be that of a stranger whose
        passkey was made by e-mail.
        """
        address = account_address(user)
        if address == ("" if handle is None else handle.strong_address) or (handle and handle.is_on_probation):
            return ""
        self.on_primary().filter(pk=(handle or self.for_user(user)).pk).update(strong_address=address)
        return "" if handle is None else handle.strong_address

    def remember_first_address(self, user: AbstractBaseUser) -> None:
        """Remember the present address when a passkey is made, if no login of strength 2 has told one yet.

        Otherwise somebody with the password could change the address before the first such login.
        """
        self.for_user(user)
        self.on_primary().filter(user_id=user.pk, strong_address="").update(strong_address=account_address(user))

    def has_strong_address(self, user: AbstractBaseUser) -> bool:
        return self._strong_address(user) != ""

    def _strong_address(self, user: AbstractBaseUser) -> str:
        rows = self.on_primary().filter(user_id=user.pk).values_list("strong_address", flat=True)
        return rows.first() or ""


class UserHandle(models.Model):
    """The opaque id under which providers and authenticators know a user: never a key, name or address.

    `strong_address` is the e-mail address that the account had at its last login of strength 2; links for
    recovery go there. `recovered_at` is when a passkey was last made by e-mail. Sessions that were opened before
    `sessions_ended_at` are over.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="passkey_handle",
        verbose_name=_("user"),
    )
    handle = models.CharField(_("handle"), max_length=43, default=new_user_handle, editable=False)
    use_count = models.PositiveBigIntegerField(default=0, editable=False)
    spent = models.JSONField(default=list, editable=False)
    strong_address = models.CharField(max_length=320, default="", blank=True, editable=False)
    recovered_at = models.DateTimeField(null=True, editable=False)
    sessions_ended_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[UserHandleManager] = UserHandleManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["handle"], name="passkeys_django_handle_once")]
        verbose_name = _("user handle")
        verbose_name_plural = _("user handles")

    def __str__(self) -> str:
        return self.handle

    @property
    def is_on_probation(self) -> bool:
        """Was a passkey of this user made by e-mail in the last 72 hours?"""
        return self.recovered_at is not None and self.recovered_at > timezone.now() - PROBATION
