"""Storing new passkeys by the batch, while others may be storing the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, router, transaction

from ..models import NAME_MAX_LENGTH, Passkey
from ..protocol.aaguids import manager_name
from ..protocol.visible_text import is_visible
from ..receivers.events import record_adoption

ATTEMPTS = 5
"""At a batch into which others write at the same time."""


@dataclass(frozen=True, kw_only=True)
class New:
    """An outcome that is a passkey of this site now (in a dry run: that would be)."""

    passkey: Passkey = field(repr=False)


Outcome = TypeVar("Outcome")


def insert_judged(judge: Callable[[], list[Outcome]], *, dry_run: bool) -> list[Outcome]:
    """Judge one batch, and store the passkeys of its outcomes in one transaction.

    Judged anew if somebody else wrote the same rows, or deleted a user, meanwhile. Raises IntegrityError if that
    does not end.
    """
    attempt = 1
    while True:
        outcomes = judge()
        try:
            if not dry_run:
                _insert([outcome.passkey for outcome in outcomes if isinstance(outcome, New)])
            return outcomes
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
        attempt += 1


def _insert(passkeys: list[Passkey]) -> None:
    """With their history. In one order, so that two of us at once never wait for each other."""
    with transaction.atomic(using=router.db_for_write(Passkey)):
        Passkey.objects.on_primary().bulk_create(
            sorted(passkeys, key=lambda passkey: passkey.credential_id_sha256)
        )
        record_adoption(passkeys)


def fit_name(name: str, aaguid: UUID) -> str:
    """What somebody else called it, as far as we can store that, else its manager's name."""
    printable = "".join(char for char in name if char.isprintable()).strip()[:NAME_MAX_LENGTH]
    return printable if is_visible(printable) else manager_name(aaguid)
