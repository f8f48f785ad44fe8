"""Finding the passkey of a login, and choosing who verifies the login: the passkey's provider, or this site."""

import logging
from typing import Any

from django.contrib.auth import authenticate, load_backend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ...backends import check_token, may_log_in, passkey_backend_path
from ...conf import passkey_settings
from ...exceptions import LoginFailed, PasskeyError, ProviderUnavailable, UnknownPasskey
from ...http import limits
from ...models import Passkey, RemovedPasskey
from ...protocol.credentials import AuthenticationCredential
from ...providers import find_provider, local_provider, providers_with_copies
from ...providers.base import BaseProvider
from ...providers.failover import call, is_down
from ...sessions.proof import LoginAttempt
from ..cookies import Ceremony, Purpose
from .forgetting import may_be_forgotten

logger = logging.getLogger("passkeys_django")


def find_passkey(request: HttpRequest, assertion: AuthenticationCredential, *, rp_id: str) -> Passkey:
    """The passkey's row. Without a row, raises UnknownPasskey, or LoginFailed if a provider may know the passkey.

    A provider may know the passkey if it holds a credential with this id or cannot be asked, unless it must still
    delete this user's credential. Raises Throttled, before any provider is asked, if too many logins with unknown
    credentials failed at this address.
    """
    credential_id, user_handle = assertion.id, assertion.user_handle or b""
    passkey = Passkey.objects.find(credential_id)
    if passkey is not None:
        return passkey
    limits.enforce(limits.for_failures(request, None))
    limits.count_failure(request, None)
    for provider in providers_with_copies():
        removed = RemovedPasskey.objects.named(
            provider=provider.identity, credential_id=credential_id, user_handle=user_handle
        )
        if not removed.exists() and _may_have(provider, credential_id):
            raise LoginFailed(f"no such row, but {provider.identity} may know this passkey")
    signal = may_be_forgotten(assertion, rp_id=rp_id)
    raise UnknownPasskey("no such row, and no provider knows this passkey", signal=signal)


def _may_have(provider: BaseProvider, credential_id: str) -> bool:
    if is_down(provider):
        return True
    try:
        return provider.has_credential(credential_id)
    except PasskeyError as exc:
        logger.warning("Cannot ask %s about a passkey: %s", provider.identity, exc)
        return True


def verifier_of(ceremony: Ceremony, passkey: Passkey) -> BaseProvider:
    """The provider that verifies: the one that began the ceremony and has a copy, if it can; else the local one.

    Raises LoginFailed if the local provider would verify a passkey that its provider has removed.
    """
    provider = find_provider(passkey.provider) if passkey.provider == ceremony.provider else None
    if provider is not None and provider.keeps_copies and _finishes(provider, ceremony, passkey):
        return provider
    if passkey.refused_at is not None:
        raise LoginFailed(f"{passkey.provider} has removed this passkey")
    return local_provider()


def _finishes(provider: BaseProvider, ceremony: Ceremony, passkey: Passkey) -> bool:
    handle = bytes(passkey.user_handle)
    if ceremony.purpose is Purpose.SECOND_STEP:
        return provider.runs_second_factors_of(handle)
    return provider.finishes_logins_of(handle)


def authenticate_or_fall_back(
    request: HttpRequest, verifier: BaseProvider, attempt: LoginAttempt
) -> AbstractBaseUser:
    """The authenticated user.

    If the verifier is down and PASSKEY_LOCAL_FALLBACK is on, this site verifies the login instead, except for a
    passkey that the provider had refused before.
    """
    try:
        return call(verifier, lambda provider: _authenticate(request, provider, attempt))
    except ProviderUnavailable as exc:
        if not passkey_settings.local_fallback or attempt.passkey.refused_at is not None:
            raise
        logger.info("A login goes on without %s: %s", verifier.identity, exc)
    return _authenticate(request, local_provider(), attempt)


def went_on_without_provider(passkey: Passkey) -> bool:
    """Was this login verified here because the passkey's provider is down? After an answer, it would be up."""
    holder = find_provider(passkey.provider) if passkey.provider else None
    return holder is not None and is_down(holder)


def _authenticate(request: HttpRequest, provider: BaseProvider, attempt: LoginAttempt) -> AbstractBaseUser:
    """Let the provider finalize, and return the user of its token, if the stored public key agrees.

    The provider is asked even if the signature is wrong for our key. If the provider accepts such a signature,
    somebody has replaced the credential there. If not, the signature is a forgery, which must not harm the
    passkey's owner. The local provider verifies with the stored key itself.
    """
    is_ours = provider is local_provider() or attempt.credential.is_signed_by(bytes(attempt.passkey.public_key))
    token = _finalize_with(provider, attempt, is_ours=is_ours)
    user = _user_of(request, token, attempt)
    if not is_ours:
        raise _replaced(provider, attempt.passkey)
    return user


def _user_of(request: HttpRequest, token: str, attempt: LoginAttempt) -> AbstractBaseUser:
    """The user that the auth backend finds for this token. For a second step, an auth backend has found them."""
    if attempt.second_step_of is not None:
        check_token(token, attempt)
        if not can_authenticate(attempt.passkey, attempt.second_step_of):
            raise LoginFailed("the user may not log in")
        return attempt.second_step_of
    user = authenticate(request, passkey_token=token)
    if user is None:
        attempt.is_announced = True
        raise LoginFailed(
            "no backend of AUTHENTICATION_BACKENDS accepted the token, or a backend before ours denied access"
        )
    if user.pk != attempt.passkey.user_id:
        raise LoginFailed("a backend of AUTHENTICATION_BACKENDS returned another user than the passkey's")
    return user


def can_authenticate(passkey: Passkey, user: AbstractBaseUser) -> bool:
    """Does the passkey belong to this user, who may still log in by the backend that has found them?"""
    backend: Any = load_backend(getattr(user, "backend", None) or passkey_backend_path())
    return passkey.user == user and may_log_in(backend, passkey.user)


def _replaced(provider: BaseProvider, passkey: Passkey) -> LoginFailed:
    """Mark the passkey as refused, and return the error: the provider has another key for this credential."""
    Passkey.objects.mark_refused(passkey)
    logger.warning(
        "%s accepted a login with passkey %s that the public key stored here did not sign. Was the credential "
        "replaced there? Change the API key, remove the passkey, and let its owner register a new one.",
        provider.identity,
        passkey.pk,
    )
    return LoginFailed("the stored public key did not sign what the provider accepted")


def _finalize_with(provider: BaseProvider, attempt: LoginAttempt, *, is_ours: bool) -> str:
    """The provider's token.

    If the provider refuses a signature that our key accepts, and no longer has its copy, mark the passkey as
    refused.
    """
    passkey = attempt.passkey
    try:
        finalize = provider.finalize_login if attempt.second_step_of is None else provider.finalize_second_step
        return finalize(
            relying_party=attempt.relying_party,
            credential=attempt.credential,
            user_handle=bytes(passkey.user_handle),
            public_key=bytes(passkey.public_key),
        )
    except LoginFailed:
        if is_ours and provider.keeps_copies and not _may_have(provider, passkey.credential_id):
            Passkey.objects.mark_refused(passkey)
        raise
