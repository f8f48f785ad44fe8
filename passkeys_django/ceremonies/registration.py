"""Creating a passkey."""

import logging
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError, IntegrityError, router, transaction
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from .. import limits, single_use
from ..aaguids import manager_name
from ..credentials import RegistrationCredential, broken_rule, parse_registration
from ..exceptions import (
    CeremonyNotFound,
    InvalidCredential,
    InvalidRequest,
    PasskeyError,
    PasskeyExists,
    PasskeyLimitReached,
    ProviderRejected,
)
from ..failover import call_or_fall_back, is_down
from ..models import Passkey, RemovedPasskey, UserHandle, display_name
from ..providers import find_provider, get_provider, local_provider
from ..providers.base import BaseProvider, UserEntity
from ..relying_party import RelyingParty, get_relying_party
from ..request_body import read_json_object
from ..sessions import require_recent_authentication
from ..signals import passkey_registered
from ..tokens import InvalidToken
from . import cookies
from .cookies import Ceremony, Purpose
from .reporting import logged

MAX_PASSKEYS = 20
"""Of one user."""
logger = logging.getLogger("passkeys_django")


@sensitive_variables()
@logged("Passkey registration start")
def start_registration(request: HttpRequest) -> dict[str, Any]:
    """`{"publicKey": PublicKeyCredentialCreationOptionsJSON}` for `navigator.credentials.create()`.

    The body may say `{"mediation": "conditional"}`: a registration without user presence, where the provider
    takes one. Raises NotAuthenticated, ReauthenticationRequired, Throttled, InvalidRequest, PasskeyLimitReached,
    UnsupportedFeature, ProviderUnavailable, ProviderRejected.
    """
    user = require_recent_authentication(request)
    limits.check("start-registration", request=request, user=user)
    conditional = _is_conditional(read_json_object(request))
    _check_limit(user)
    relying_party, entity = get_relying_party(request), _user_entity(user)
    exclude = Passkey.objects.descriptors(user)
    provider, options = call_or_fall_back(
        get_provider(),
        lambda who: who.start_registration(
            relying_party=relying_party, user=entity, exclude=exclude, conditional=conditional
        ),
    )
    cookies.begin(
        request,
        options,
        purpose=Purpose.REGISTER,
        provider=provider.identity,
        user=user,
        conditional=conditional,
    )
    return {"publicKey": options}


def _is_conditional(body: dict[str, Any]) -> bool:
    mediation = body.get("mediation")
    if mediation not in (None, "conditional"):
        raise InvalidRequest("unknown mediation")
    return mediation is not None


def _user_entity(user: AbstractBaseUser) -> UserEntity:
    return UserEntity(
        handle=UserHandle.objects.for_user(user).handle,
        name=user.get_username(),
        display_name=display_name(user),
    )


def _check_limit(user: AbstractBaseUser) -> None:
    if Passkey.objects.of(user).count() >= MAX_PASSKEYS:
        raise PasskeyLimitReached(f"{MAX_PASSKEYS} passkeys already")


@sensitive_variables()
@logged("Passkey registration")
def finalize_registration(request: HttpRequest, credential: object) -> Passkey:
    """Check the browser's credential completely and store it as a passkey of the signed-in user.

    Raises NotAuthenticated, ReauthenticationRequired, Throttled, InvalidCredential, CeremonyNotFound,
    CeremonyExpired, CeremonyUsed, PasskeyExists, PasskeyLimitReached, ProviderUnavailable or ProviderRejected.
    """
    user = require_recent_authentication(request)
    limits.check("finalize-registration", request=request, user=user)
    registration = parse_registration(credential)
    cookies.forget(request, registration.client_data.challenge)
    ceremony = cookies.find(request, registration.client_data.challenge, Purpose.REGISTER)
    if not ceremony.belongs_to(user):
        raise CeremonyNotFound("begun for another user")
    relying_party = get_relying_party(request)
    _check_rules(registration, ceremony, relying_party)
    handle = UserHandle.objects.for_user(user)
    _check_storable(user, handle, registration, ceremony)
    began = find_provider(ceremony.provider) or local_provider()
    provider, token = call_or_fall_back(
        began,
        lambda who: who.finalize_registration(
            relying_party=relying_party, credential=registration, user_handle=handle.handle
        ),
    )
    passkey = _new_passkey(user, handle, provider, relying_party, registration)
    try:
        _check_token(provider, token, passkey, relying_party)
        _store(passkey, handle, ceremony, left_behind_at=None if provider is began else began.identity)
    except Exception:
        _compensate(provider, passkey.credential_id)
        raise
    fallback = is_down(get_provider())
    passkey_registered.send(sender=Passkey, request=request, user=user, passkey=passkey, fallback=fallback)
    return passkey


def _check_rules(registration: RegistrationCredential, ceremony: Ceremony, relying_party: RelyingParty) -> None:
    broken = broken_rule(
        registration,
        expected_type="webauthn.create",
        relying_party=relying_party,
        require_user_presence=ceremony.user_presence,
        require_user_verification=ceremony.user_verification,
    )
    if broken:
        raise InvalidCredential(broken)


def _check_storable(
    user: AbstractBaseUser, handle: UserHandle, registration: RegistrationCredential, ceremony: Ceremony
) -> None:
    """What `_store` will insist on, before the provider does its part."""
    _spend(handle, ceremony)
    _check_limit(user)
    if Passkey.objects.is_known(registration.id):
        raise PasskeyExists("the credential id is stored already")


def _spend(handle: UserHandle, ceremony: Ceremony) -> single_use.Spent:
    return single_use.spend(handle.spent, issued_at=ceremony.issued_at, digest=ceremony.digest, now=cookies.now())


def _new_passkey(
    user: AbstractBaseUser,
    handle: UserHandle,
    provider: BaseProvider,
    relying_party: RelyingParty,
    registration: RegistrationCredential,
) -> Passkey:
    data = registration.authenticator_data
    return Passkey(
        user=user,  # type: ignore[misc]  # the plugin knows one user model only
        provider=provider.identity,
        rp_id=relying_party.id,
        user_handle=handle.handle.encode(),
        credential_id=registration.id,
        public_key=registration.public_key,
        sign_count=data.sign_count,
        aaguid=registration.aaguid,
        transports=list(registration.transports),
        backup_eligible=data.backup_eligible,
        backup_state=data.backup_state,
        user_verified=data.user_verified,
        name=manager_name(registration.aaguid),
    )


def _check_token(provider: BaseProvider, token: str, passkey: Passkey, relying_party: RelyingParty) -> None:
    try:
        claims = provider.verify_registration_token(token, relying_party=relying_party)
    except InvalidToken as exc:
        raise ProviderRejected(f"registration token refused: {exc}") from exc
    if claims.credential_id != passkey.credential_id or not passkey.has_user_handle(claims.user_handle):
        raise ProviderRejected("the registration token is about another credential or user")


def _store(passkey: Passkey, handle: UserHandle, ceremony: Ceremony, *, left_behind_at: str | None) -> None:
    """Spend the challenge and insert the row, in one transaction that begins with the compare-and-set.

    So it is single use, and two registrations of one user cannot both be the last that the limit allows. A
    provider that went down at the very end may hold a copy after all (`left_behind_at`), which is to go.
    """
    while True:
        spent = _spend(handle, ceremony)
        try:
            with transaction.atomic(using=router.db_for_write(Passkey)):
                if UserHandle.objects.compare_and_set(handle, spent=spent):
                    _check_limit(passkey.user)
                    passkey.save(force_insert=True)
                    RemovedPasskey.objects.named(
                        provider=passkey.provider, credential_id=passkey.credential_id
                    ).delete()
                    if left_behind_at is not None:
                        RemovedPasskey.objects.remember(
                            provider=left_behind_at, credential_id=passkey.credential_id
                        )
                    return
        except IntegrityError as exc:
            raise PasskeyExists("the credential id was stored meanwhile") from exc
        handle = UserHandle.objects.for_user(passkey.user)


def _compensate(provider: BaseProvider, credential_id: str) -> None:
    """The provider has accepted what we could not store: remove its copy, unless it is a stored passkey's."""
    if not provider.keeps_copies:
        return
    try:
        if not Passkey.objects.is_known(credential_id):
            _delete_copy(provider, credential_id)
    except DatabaseError as exc:  # the copy stays, unused: whoever asked gets the error that led here
        logger.warning("Cannot tell whether %s holds a copy too many: %s", provider.identity, exc)


def _delete_copy(provider: BaseProvider, credential_id: str) -> None:
    try:
        provider.delete_credential(credential_id)
    except PasskeyError as exc:
        logger.warning("Cannot remove a copy at %s yet: %s", provider.identity, exc)
        RemovedPasskey.objects.remember(provider=provider.identity, credential_id=credential_id)
