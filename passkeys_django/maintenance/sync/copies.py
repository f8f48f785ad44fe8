"""Deletes and renames copies at a provider.

Copies are deleted if their passkey was removed here, or if they belong to nobody here. The others get the names
that people gave their passkeys here.
"""

import logging
from collections.abc import Iterable, Iterator
from enum import Enum

from django.db.models import QuerySet

from ...exceptions import PasskeyError, ProviderUnavailable
from ...lifecycle.batches import in_pages
from ...lifecycle.copies import rename_copy
from ...models import Passkey, RemovedPasskey
from ...providers.base import BaseProvider, ProviderCredential

logger = logging.getLogger("passkeys_django")


class Deletion(Enum):
    """What happened to a copy that should be deleted."""

    DONE = "deleted"
    IN_USE = "left alone: a passkey here needs it"
    REFUSED = "refused by the provider"


def pending_removals(provider: BaseProvider) -> "QuerySet[RemovedPasskey]":
    """The removals that the provider has not heard of yet."""
    return RemovedPasskey.objects.on_primary().filter(provider=provider.identity)


def finish_removals(provider: BaseProvider) -> Iterator[Deletion]:
    """Delete the copies whose removal the provider has not heard of yet, one by one.

    A passkey that was registered again keeps its copy. So does another user's passkey with the same credential id.
    A deletion that the provider refuses stays pending. Raises ProviderUnavailable; earlier deletions stay done.
    """
    for page in in_pages(pending_removals(provider)):
        for removal in page:
            deletion = _delete(provider, removal.credential_id, removal.user_handle)
            if deletion is not Deletion.REFUSED:
                removal.delete()
            yield deletion


def pending_renames(provider: BaseProvider) -> "QuerySet[Passkey]":
    """The passkeys whose new name the provider has not heard of."""
    return Passkey.objects.on_primary().filter(provider=provider.identity, renamed_at__isnull=False)


def finish_renames(provider: BaseProvider) -> Iterator[bool]:
    """Tell the provider the new names that it has not heard of, one by one. Did it take the name?

    A name that the provider refuses stays pending. Raises ProviderUnavailable; earlier renames stay done.
    """
    for page in in_pages(pending_renames(provider)):
        for passkey in page:
            yield _rename(provider, passkey)


def _rename(provider: BaseProvider, passkey: Passkey) -> bool:
    try:
        rename_copy(provider, passkey)
    except ProviderUnavailable:
        raise
    except PasskeyError as exc:
        logger.warning("Cannot rename a passkey at %s yet: %s", provider.identity, exc)
        return False
    return True


def delete_copies(provider: BaseProvider, copies: Iterable[ProviderCredential]) -> Iterator[Deletion]:
    """Delete these copies, one by one, except those that are stored here by now, or belong to another user by now.

    Raises ProviderUnavailable, as `finish_removals` does.
    """
    for copy in copies:
        yield _delete(provider, copy.id, copy.user_id.encode(errors="surrogatepass"))


def _delete(provider: BaseProvider, credential_id: str, user_handle: bytes) -> Deletion:
    passkey = Passkey.objects.find(credential_id)
    if passkey is not None and passkey.provider == provider.identity:
        return Deletion.IN_USE
    try:
        provider.delete_copy(credential_id=credential_id, user_handle=user_handle)
    except ProviderUnavailable:
        raise  # all further deletions would wait for the same time-out
    except PasskeyError as exc:
        logger.warning("Cannot delete a credential at %s: %s", provider.identity, exc)
        return Deletion.REFUSED
    return Deletion.DONE
