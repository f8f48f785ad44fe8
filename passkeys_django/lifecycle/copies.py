"""Deleting copies at a provider: those of passkeys that were removed here, and those that nobody here owns."""

import logging
from collections.abc import Iterable, Iterator
from enum import Enum

from ..exceptions import PasskeyError, ProviderUnavailable
from ..models import Passkey, RemovedPasskey
from ..providers.base import BaseProvider

logger = logging.getLogger("passkeys_django")


class Deletion(Enum):
    """What became of a copy that was to go."""

    DONE = "deleted"
    IN_USE = "left alone: a passkey here needs it"
    REFUSED = "refused by the provider"


def pending_removals(provider: BaseProvider) -> list[str]:
    """The credential ids that the provider is still to forget, oldest removal first."""
    rows = RemovedPasskey.objects.written().filter(provider=provider.identity)
    return list(rows.order_by("pk").values_list("credential_id", flat=True))


def finish_removals(provider: BaseProvider) -> Iterator[Deletion]:
    """Delete the copies that the provider is still to forget, one by one.

    A passkey that is back meanwhile keeps its copy. What was refused stays pending. Raises ProviderUnavailable:
    what was done by then stays done.
    """
    for credential_id in pending_removals(provider):
        deletion = _delete(provider, credential_id)
        if deletion is not Deletion.REFUSED:
            RemovedPasskey.objects.named(provider=provider.identity, credential_id=credential_id).delete()
        yield deletion


def delete_copies(provider: BaseProvider, credential_ids: Iterable[str]) -> Iterator[Deletion]:
    """Delete the provider's copies of these, one by one, but for those that are stored here by now.

    Raises as `finish_removals`.
    """
    for credential_id in credential_ids:
        yield _delete(provider, credential_id)


def _delete(provider: BaseProvider, credential_id: str) -> Deletion:
    passkey = Passkey.objects.find(credential_id)
    if passkey is not None and passkey.provider == provider.identity:
        return Deletion.IN_USE
    try:
        provider.delete_credential(credential_id)
    except ProviderUnavailable:
        raise  # the next ones would wait for the same time-out
    except PasskeyError as exc:
        logger.warning("Cannot delete a credential at %s: %s", provider.identity, exc)
        return Deletion.REFUSED
    return Deletion.DONE
