"""Creating a passkey."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, router, transaction
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from ..conf import passkey_settings
from ..exceptions import CeremonyNotFound, InvalidRequest, PasskeyExists
from ..http import limits
from ..models import Passkey, PasskeyKind, UserHandle, display_name, user_name
from ..policy import registrant
from ..protocol.credentials import RegistrationCredential, open_envelope, read_registration
from ..protocol.relying_party import RelyingParty
from ..providers import get_provider
from ..providers.base import BaseProvider, Options, UserEntity
from ..providers.failover import call_or_fall_back, is_down
from ..providers.options import on_this_device
from ..relying_party import get_relying_party
from ..signals import passkey_registered
from . import cookies, single_use
from .cookies import Ceremony, Purpose
from .naming import default_name
from .passkey_limit import check_limit
from .reporting import logged
from .second_factors import runner_of
from .storing import check_rules, finalize_and_store, insert

THIS_DEVICE = "this"
"""What a page may ask for in `device`: the device that the browser runs on."""


@sensitive_variables()
@logged("Passkey registration start")
def start_registration(
    request: HttpRequest,
    *,
    mediation: str | None = None,
    kind: str = PasskeyKind.PASSKEY.value,
    device: str | None = None,
) -> dict[str, Any]:
    """`{"publicKey": PublicKeyCredentialCreationOptionsJSON}` for `navigator.credentials.create()`.

    With the mediation "conditional", the registration needs no user presence, and the provider must support this.
    With the kind "security-key", the new credential is good only as a second step after a password.
    With the device "this", the browser offers no other device, for pages that promise a passkey on this one.
    Raises NotAuthenticated, ActingAsAnother, ReauthenticationRequired, Throttled, InvalidRequest,
    PasskeyLimitReached, UnsupportedFeature, ProviderUnavailable, ProviderRejected.
    """
    user = registrant(request)
    limits.check("start-registration", request=request, user=user)
    purpose, conditional = _purpose(kind), _is_conditional(mediation)
    if conditional and purpose is not Purpose.REGISTER:
        raise InvalidRequest("a security key is never registered without a dialog")
    here = _is_this_device(device)
    if here and purpose is not Purpose.REGISTER:
        raise InvalidRequest("a security key is not a part of this device")
    return begin(request, user, purpose=purpose, conditional=conditional, here=here)


def begin(
    request: HttpRequest,
    user: AbstractBaseUser,
    *,
    purpose: Purpose,
    conditional: bool = False,
    here: bool = False,
) -> dict[str, Any]:
    """The options for a new passkey of this user. The caller has checked that the browser may create one.

    Raises PasskeyLimitReached, UnsupportedFeature, ProviderUnavailable, ProviderRejected.
    """
    check_limit(user)
    start = _start_security_key if purpose is Purpose.SECURITY_KEY else partial(_start, conditional=conditional)
    provider, options = start(get_relying_party(request), _user_entity(user), list(Passkey.objects.of(user)))
    cookies.begin(
        request, options, purpose=purpose, provider=provider.identity, user=user, conditional=conditional
    )
    return {"publicKey": on_this_device(options) if here else options}


def _start(
    relying_party: RelyingParty, entity: UserEntity, owned: list[Passkey], *, conditional: bool
) -> tuple[BaseProvider, Options]:
    return call_or_fall_back(
        get_provider(),
        lambda provider: provider.start_registration(
            relying_party=relying_party,
            user=entity,
            exclude=[each.descriptor for each in owned if not _leaves_room(each, entity)],
            conditional=conditional,
        ),
    )


def _leaves_room(owned: Passkey, entity: UserEntity) -> bool:
    """Is this a security key that other software made, whose authenticator can hold a passkey beside it?

    A new passkey has our user handle, so it does not overwrite a credential with another user handle.
    """
    return owned.is_security_key and not owned.has_user_handle(entity.handle.encode())


def _start_security_key(
    relying_party: RelyingParty, entity: UserEntity, owned: list[Passkey]
) -> tuple[BaseProvider, Options]:
    return call_or_fall_back(
        runner_of(owned, entity.handle),
        lambda provider: provider.start_security_key(
            relying_party=relying_party,
            user=entity,
            exclude=[each.descriptor for each in owned],
            verification=passkey_settings.second_step_verification,
        ),
    )


def _purpose(kind: object) -> Purpose:
    if kind not in PasskeyKind.values:
        raise InvalidRequest("unknown kind")
    return Purpose.SECURITY_KEY if kind == PasskeyKind.SECURITY_KEY else Purpose.REGISTER


def _is_conditional(mediation: object) -> bool:
    if mediation not in (None, "conditional"):
        raise InvalidRequest("unknown mediation")
    return mediation is not None


def _is_this_device(device: object) -> bool:
    if device not in (None, THIS_DEVICE):
        raise InvalidRequest("unknown device")
    return device is not None


def _user_entity(user: AbstractBaseUser) -> UserEntity:
    return UserEntity(
        handle=UserHandle.objects.for_user(user).handle,
        name=user_name(user),
        display_name=display_name(user),
    )


@sensitive_variables()
@logged("Passkey registration")
def finalize_registration(request: HttpRequest, credential: object) -> Passkey:
    """Check the browser's credential completely and store it as a passkey of the signed-in user.

    Raises NotAuthenticated, ActingAsAnother, ReauthenticationRequired, Throttled, InvalidCredential,
    CeremonyNotFound, CeremonyExpired, CeremonyUsed, PasskeyExists, PasskeyLimitReached, ProviderUnavailable or
    ProviderRejected.
    """
    user = registrant(request)
    limits.check("finalize-registration", request=request, user=user)
    passkey, _registration = complete(request, credential, user, Purpose.REGISTER, Purpose.SECURITY_KEY)
    announce(request, passkey)
    return passkey


@sensitive_variables()
def complete(
    request: HttpRequest,
    credential: object,
    user: AbstractBaseUser,
    *purposes: Purpose,
    also: Callable[[], None] = lambda: None,
) -> tuple[Passkey, RegistrationCredential]:
    """Check the browser's credential completely and store it as a passkey of this user.

    `also` runs in the transaction that stores the passkey, after the compare-and-set: what it raises undoes all.

    Raises InvalidCredential, CeremonyNotFound, CeremonyExpired, CeremonyUsed, PasskeyExists, PasskeyLimitReached,
    ProviderUnavailable or ProviderRejected.
    """
    envelope = open_envelope(credential)
    ceremony = cookies.take(request, envelope.client_data.challenge, *purposes)
    if not ceremony.belongs_to(user):
        raise CeremonyNotFound("the ceremony was begun for another user")
    registration = read_registration(envelope)  # strangers send CBOR, so limit and cookie are checked first
    relying_party = get_relying_party(request)
    check_rules(registration, ceremony, relying_party)
    handle = UserHandle.objects.for_user(user)
    _check_storable(user, handle, registration, ceremony)

    def store(passkey: Passkey, left_behind_at: str | None) -> None:
        passkey.user = user  # type: ignore[assignment]  # the plugin knows one user model only
        _store(passkey, handle, ceremony, left_behind_at=left_behind_at, also=also)

    name = default_name(request, registration, ceremony)
    passkey = finalize_and_store(
        registration, ceremony, relying_party, user_handle=handle.handle, name=name, store=store
    )
    return passkey, registration


def announce(request: HttpRequest, passkey: Passkey) -> None:
    """Send the signal that the passkey was created."""
    fallback = is_down(get_provider())
    passkey_registered.send(sender=Passkey, request=request, user=passkey.user, passkey=passkey, fallback=fallback)


def _check_storable(
    user: AbstractBaseUser, handle: UserHandle, registration: RegistrationCredential, ceremony: Ceremony
) -> None:
    """Check the rules of `_store` before the provider finalizes."""
    _spend(handle, ceremony)
    check_limit(user)
    if Passkey.objects.is_known(registration.id):
        raise PasskeyExists("the credential id is stored already")


def _spend(handle: UserHandle, ceremony: Ceremony) -> single_use.Spent:
    return single_use.add_spent(
        handle.spent, issued_at=ceremony.issued_at, digest=ceremony.digest, now=cookies.now()
    )


def _store(
    passkey: Passkey,
    handle: UserHandle,
    ceremony: Ceremony,
    *,
    left_behind_at: str | None,
    also: Callable[[], None],
) -> None:
    """Spend the challenge and insert the row, in one transaction that begins with the compare-and-set.

    So the challenge is single use, and two parallel registrations of one user cannot exceed the limit.
    """
    while True:
        spent = _spend(handle, ceremony)
        try:
            with transaction.atomic(using=router.db_for_write(Passkey)):
                if UserHandle.objects.compare_and_set(handle, spent=spent):
                    check_limit(passkey.user)
                    also()
                    insert(passkey, left_behind_at=left_behind_at)
                    return
        except IntegrityError as exc:
            raise PasskeyExists("the credential id was stored meanwhile") from exc
        handle = UserHandle.objects.for_user(passkey.user)
