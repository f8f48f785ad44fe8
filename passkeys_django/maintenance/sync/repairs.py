"""Repairs the differences that a comparison has found."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

from ...lifecycle.batches import in_batches
from ...lifecycle.lockout import users_locked_out
from ...lifecycle.many_removals import announce, revoke_many
from ...mail import one_connection
from ...models import Passkey, RemovedPasskey
from ...providers.base import BaseProvider, ProviderCredential
from ..adoption import Adopted, Skipped, adopt_credentials
from ..users import ByHandle
from .comparison import Comparison
from .listing import Watch

REGISTRATION_TIME = timedelta(seconds=2)
"""A registration stores its row at most this long after the provider has stored its copy."""
ASKED_AT_ONCE = 100
"""The provider is asked for so many passkeys, one by one, and those that it does not hold are deleted together."""


def clear_refusals(comparison: Comparison) -> int:
    """Accept passkeys again that the provider refused once and holds now. Returns how many."""
    rows = Passkey.objects.on_primary().filter(refused_at__lt=comparison.begun_at)
    return sum(rows.filter(pk__in=batch).update(refused_at=None) for batch in comparison.list_refused())


def adopt(
    provider: BaseProvider,
    comparison: Comparison,
    *,
    dry_run: bool = False,
    tell_owners: bool = True,
    watched: Watch = iter,
) -> Iterator[Adopted | Skipped]:
    """Take over the credentials only there whose user id certainly belongs to a user here: no guesses.

    `watched` gets the credentials, and may end early. Raises ImproperlyConfigured without PASSKEY_RP_ID.
    """
    return adopt_credentials(
        provider,
        watched(comparison.list_adoptable()),
        find_users=ByHandle(provider.identity),
        dry_run=dry_run,
        tell_owners=tell_owners,
    )


def wait_for_registrations(orphans: Iterable[ProviderCredential]) -> None:
    """Wait until a registration under way has stored its row: an orphan may be somebody's new passkey."""
    youngest = max(orphan.created_at for orphan in orphans)
    left = REGISTRATION_TIME - (datetime.now(UTC) - youngest)
    if left > timedelta(0):
        time.sleep(min(left, REGISTRATION_TIME).total_seconds())


def count_locked_out(comparison: Comparison) -> int:
    """How many users could not sign in any more without the passkeys that are only here."""
    return sum(users_locked_out(set(batch)) for batch in comparison.list_missing())


def remove_missing(
    provider: BaseProvider, comparison: Comparison, *, tell_owners: bool = True
) -> Iterator[list[Passkey]]:
    """Delete the passkeys here that the provider does not hold, and yield each batch. Sends `passkey_removed`.

    The provider is asked for each passkey just before, by the credential's id: only this answer is certain.
    """
    rows = Passkey.objects.on_primary().filter(provider=provider.identity)
    with one_connection():
        for batch in in_batches(chain.from_iterable(comparison.list_missing()), ASKED_AT_ONCE):
            ids = list(rows.filter(pk__in=batch).values_list("pk", "credential_id"))
            missing = [pk for pk, credential_id in ids if not provider.has_credential(credential_id)]
            removed = revoke_many(rows.filter(pk__in=missing))
            _forget(provider, removed)
            try:
                announce(removed, tell_owners=tell_owners)
            finally:  # they are removed, also where telling their owners breaks off
                yield removed


def _forget(provider: BaseProvider, removed: list[Passkey]) -> None:
    """The provider holds no copies, as it said a moment ago: nothing is left to delete there."""
    RemovedPasskey.objects.on_primary().filter(
        provider=provider.identity,
        credential_id_sha256__in=[passkey.credential_id_sha256 for passkey in removed],
        user_handle_hex__in={bytes(passkey.user_handle).hex() for passkey in removed},
    ).delete()
