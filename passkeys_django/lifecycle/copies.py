"""The copies of passkeys at their providers: renamed and deleted along with the passkeys."""

import logging
from collections import Counter
from collections.abc import Iterable

from ..exceptions import PasskeyError, ProviderUnavailable
from ..models import Passkey, RemovedPasskey
from ..providers import find_provider
from ..providers.base import BaseProvider
from ..providers.failover import call

logger = logging.getLogger("passkeys_django")


def rename_copy(provider: BaseProvider, passkey: Passkey) -> None:
    """Give the provider's copy the passkey's name. Clear `renamed_at`, unless it was renamed again meanwhile.

    Raises the errors of `rename_credential`.
    """
    provider.rename_credential(passkey.credential_id, name=passkey.name)
    as_told = Passkey.objects.on_primary().filter(pk=passkey.pk, renamed_at=passkey.renamed_at)
    as_told.update(renamed_at=None)


def try_to_rename_copy(passkey: Passkey) -> None:
    """Rename the copy at the passkey's provider. If this fails, `renamed_at` stays for a later sync."""
    provider = find_provider(passkey.provider)
    if provider is None or not provider.keeps_copies:
        return
    try:
        call(provider, lambda provider: rename_copy(provider, passkey))
    except PasskeyError as exc:
        logger.warning("Cannot rename a passkey at %s yet: %s", provider.identity, exc)


def delete_copy(passkey: Passkey) -> bool:
    """Delete the provider's copy of a removed passkey. If this fails, the `RemovedPasskey` stays for later."""
    return _delete_copy(passkey, silent=set())


def delete_copies(passkeys: Iterable[Passkey]) -> Counter[str]:
    """Delete the copies of removed passkeys, as `delete_copy` does. Count those that are left, by their provider.

    A provider that does not answer is asked once, so that nobody waits for the same time-out again and again.
    """
    silent: set[str] = set()
    return Counter(
        passkey.provider for passkey in passkeys if not _delete_copy(passkey, silent=silent) and passkey.provider
    )


def _delete_copy(passkey: Passkey, *, silent: set[str]) -> bool:
    """Did the provider delete its copy? The providers in `silent` are not asked. One that is down is added."""
    provider = find_provider(passkey.provider)
    if provider is None or not provider.keeps_copies or provider.identity in silent:
        return False
    try:
        call(provider, lambda provider: provider.delete_copy(**passkey.at_provider))
    except PasskeyError as exc:
        logger.warning("Cannot remove a passkey at %s yet: %s", provider.identity, exc)
        if isinstance(exc, ProviderUnavailable):
            silent.add(provider.identity)
        return False
    RemovedPasskey.objects.named(provider=provider.identity, **passkey.at_provider).delete()
    return True
