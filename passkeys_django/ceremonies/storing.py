"""From a browser's new credential to a stored passkey, for registrations and for sign-ups."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError

from ..exceptions import InvalidCredential, PasskeyError, ProviderRejected
from ..models import Passkey, PasskeyKind, RecoveryCode, RemovedPasskey, Tombstone
from ..protocol.credentials import RegistrationCredential, broken_rule
from ..protocol.relying_party import RelyingParty
from ..providers import find_provider, local_provider
from ..providers.base import BaseProvider
from ..providers.failover import call_or_fall_back
from ..providers.tokens import InvalidToken
from .cookies import Ceremony, Purpose

logger = logging.getLogger("passkeys_django")


def check_rules(registration: RegistrationCredential, ceremony: Ceremony, relying_party: RelyingParty) -> None:
    broken = broken_rule(
        registration,
        expected_type="webauthn.create",
        relying_party=relying_party,
        require_user_presence=ceremony.user_presence,
        require_user_verification=ceremony.user_verification,
    )
    if broken:
        raise InvalidCredential(broken)


def finalize_and_store(
    registration: RegistrationCredential,
    ceremony: Ceremony,
    relying_party: RelyingParty,
    *,
    user_handle: str,
    name: str,
    store: Callable[[Passkey, str | None], None],
) -> Passkey:
    """Let the provider finalize, check its token, and call `store`, which sets the user and inserts the rows.

    If the provider goes down during finalize, it may have stored a copy all the same, which must be deleted
    later: then `store` gets the provider's identity as second argument, and passes it on to `insert`.
    """
    began = find_provider(ceremony.provider) or local_provider()
    answer: Any = {"relying_party": relying_party, "credential": registration, "user_handle": user_handle}
    provider, token = call_or_fall_back(
        began,
        lambda provider: (
            provider.finalize_security_key(**answer)
            if ceremony.purpose is Purpose.SECURITY_KEY
            else provider.finalize_registration(**answer)
        ),
    )
    passkey = _new_passkey(user_handle, provider, relying_party, registration, kind=_kind(ceremony), name=name)
    try:
        _check_token(provider, token, passkey, relying_party)
        store(passkey, None if provider is began else began.identity)
    except Exception:
        _compensate(provider, passkey)
        raise
    return passkey


def _kind(ceremony: Ceremony) -> PasskeyKind:
    """What our own ceremony was for. A provider is never asked: Hanko mixes the kinds up (trap 13)."""
    is_key = ceremony.purpose is Purpose.SECURITY_KEY
    return PasskeyKind.SECURITY_KEY if is_key else PasskeyKind.PASSKEY


def _new_passkey(
    handle: str,
    provider: BaseProvider,
    relying_party: RelyingParty,
    registration: RegistrationCredential,
    *,
    kind: PasskeyKind,
    name: str,
) -> Passkey:
    """A `Passkey` without its user, not yet saved."""
    data = registration.authenticator_data
    return Passkey(
        kind=kind,
        provider=provider.identity,
        rp_id=relying_party.id,
        user_handle=handle.encode(),
        credential_id=registration.id,
        public_key=registration.public_key,
        sign_count=data.sign_count,
        aaguid=registration.aaguid,
        transports=list(registration.transports),
        backup_eligible=data.backup_eligible,
        backup_state=data.backup_state,
        user_verified=data.user_verified,
        discoverable=kind is PasskeyKind.PASSKEY,
        name=name,
    )


def _check_token(provider: BaseProvider, token: str, passkey: Passkey, relying_party: RelyingParty) -> None:
    try:
        claims = provider.verify_registration_token(token, relying_party=relying_party)
    except InvalidToken as exc:
        raise ProviderRejected(f"registration token refused: {exc}") from exc
    if claims.credential_id != passkey.credential_id or not passkey.has_user_handle(claims.user_handle):
        raise ProviderRejected("the registration token is about another credential or user")


def insert(passkey: Passkey, *, left_behind_at: str | None) -> None:
    """Insert the row. Drop the tombstone and the pending removal that an earlier passkey left, and weak codes.

    `left_behind_at`: the identity of a provider whose copy must be deleted later, or None.
    """
    passkey.save(force_insert=True)
    RecoveryCode.objects.end_weak([passkey.user_id])
    Tombstone.objects.lift(rp_id=passkey.rp_id, credential_id=passkey.credential_id)
    RemovedPasskey.objects.named(provider=passkey.provider, **passkey.at_provider).delete()
    if left_behind_at is not None:
        RemovedPasskey.objects.remember(provider=left_behind_at, **passkey.at_provider)


def _compensate(provider: BaseProvider, passkey: Passkey) -> None:
    """Delete the provider's copy of a passkey that we could not store, unless a stored passkey has this copy."""
    if not provider.keeps_copies:
        return
    try:
        if not Passkey.objects.is_known(passkey.credential_id):
            _delete_copy(provider, passkey)
    except DatabaseError as exc:  # the copy stays there, unused; the caller raises the error that led here
        logger.warning("Cannot find out whether %s holds a copy that nobody needs: %s", provider.identity, exc)


def _delete_copy(provider: BaseProvider, passkey: Passkey) -> None:
    try:
        provider.delete_copy(**passkey.at_provider)
    except PasskeyError as exc:
        logger.warning("Cannot remove a copy at %s yet: %s", provider.identity, exc)
        RemovedPasskey.objects.remember(provider=provider.identity, **passkey.at_provider)
