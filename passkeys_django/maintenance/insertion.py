"""Stores new passkeys in batches, while another process may be storing the same ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, router, transaction

from ..models import NAME_MAX_LENGTH, Passkey, RecoveryCode, UserHandle
from ..protocol.aaguids import manager_name
from ..protocol.unicode_text import is_visible
from ..receivers.events import record_adoption

ATTEMPTS = 5
"""For one batch, while other processes write the same rows."""


@dataclass(frozen=True, kw_only=True)
class New:
    """An outcome whose credential is now a passkey of this site (in a dry run: would be one).

    `user_handle`: the first handle of the passkey's user here, to be stored too.
    """

    passkey: Passkey = field(repr=False)
    user_handle: UserHandle | None = field(default=None, repr=False)


Outcome = TypeVar("Outcome")


def insert_judged(judge: Callable[[], list[Outcome]], *, dry_run: bool) -> list[Outcome]:
    """Call `judge` for the outcomes of one batch, and store their passkeys in one transaction.

    If another process wrote the same rows or deleted a user meanwhile, `judge` is called again. Raises
    IntegrityError after ATTEMPTS such conflicts.
    """
    attempt = 1
    while True:
        outcomes = judge()
        try:
            if not dry_run:
                _insert([outcome for outcome in outcomes if isinstance(outcome, New)])
            return outcomes
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
        attempt += 1


def _insert(news: list[New]) -> None:
    """Store the passkeys, their history and new user handles, and end weak recovery codes of their users.

    Handles and passkeys are sorted, so that two runs at once cannot deadlock.
    """
    passkeys = sorted((new.passkey for new in news), key=lambda passkey: passkey.credential_id_sha256)
    handles = sorted(filter(None, (new.user_handle for new in news)), key=lambda handle: handle.handle)
    with transaction.atomic(using=router.db_for_write(Passkey)):
        UserHandle.objects.on_primary().bulk_create(handles)
        Passkey.objects.on_primary().bulk_create(passkeys)
        RecoveryCode.objects.end_weak({passkey.user_id for passkey in passkeys})
        record_adoption(passkeys)


def fit_name(name: str, aaguid: UUID, *, is_security_key: bool = False) -> str:
    """The characters of a foreign name that we can store; if nothing visible is left, our name for a new one."""
    printable = "".join(char for char in name if char.isprintable()).strip()[:NAME_MAX_LENGTH]
    return printable if is_visible(printable) else manager_name(aaguid, is_security_key=is_security_key)
