"""The service that has begun a transaction confirms it. Our own verification has decided before."""

import logging

from ..ceremonies.cookies import Ceremony
from ..conf import passkey_settings
from ..exceptions import ProviderUnavailable
from ..models import Passkey
from ..protocol.credentials import AuthenticationCredential
from ..protocol.relying_party import RelyingParty
from ..providers import find_provider
from ..providers.failover import call
from ..providers.transactions import Confirmation

logger = logging.getLogger("passkeys_django")


def confirm(
    ceremony: Ceremony, passkey: Passkey, assertion: AuthenticationCredential, relying_party: RelyingParty
) -> tuple[Confirmation, bool]:
    """What the service confirms, and whether this site went on without the service.

    Raises SignatureFailed, ProviderUnavailable (without PASSKEY_LOCAL_FALLBACK), ProviderRejected.
    """
    if not ceremony.provider:
        return Confirmation(), bool(ceremony.form["fallback"])
    provider = find_provider(ceremony.provider)
    if provider is None:
        return Confirmation(), True
    try:
        confirmation = call(
            provider,
            lambda it: it.finalize_transaction(
                relying_party=relying_party,
                credential=assertion,
                user_handle=bytes(passkey.user_handle),
                transaction_id=ceremony.form["id"],
            ),
        )
    except ProviderUnavailable as exc:
        if not passkey_settings.local_fallback:
            raise
        logger.info("A signature goes on without %s: %s", provider.identity, exc)
        return Confirmation(), True
    return confirmation, False
