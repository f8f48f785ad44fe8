"""The start of a login, of a confirmation, or of a second step: a challenge, and what the browser may offer."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.asyncio import async_unsafe
from django.views.decorators.debug import sensitive_variables

from ...conf import USER_VERIFICATION, passkey_settings
from ...exceptions import InvalidRequest, LoginFailed, NotAuthenticated
from ...http import limits
from ...models import Passkey
from ...policy.parking import parked_user
from ...protocol.descriptors import CredentialDescriptor
from ...protocol.relying_party import RelyingParty
from ...providers import get_provider
from ...providers.base import BaseProvider, Options
from ...providers.failover import call_or_fall_back
from ...relying_party import get_relying_party
from ...sessions.authentication import signed_in_owner
from ...sessions.second_step import user_of_token
from .. import cookies
from ..cookies import Purpose
from ..reporting import logged
from ..second_factors import runner_of

Begun = tuple[BaseProvider, Options, AbstractBaseUser | None]


@sensitive_variables()
@async_unsafe  # Django guards only SQL, and a login starts without any: a slow provider would block the event loop
@logged("Passkey login start")
def start_login(
    request: HttpRequest,
    *,
    purpose: str = Purpose.LOGIN.value,
    token: str | None = None,
    user: AbstractBaseUser | None = None,
    user_verification: str | None = None,
) -> dict[str, Any]:
    """`{"publicKey": PublicKeyCredentialRequestOptionsJSON}` for `navigator.credentials.get()`.

    With the purpose "login", the function runs no SQL and opens no session. With the purpose "confirm", the
    signed-in user proves their identity again. With the purpose "second-step", somebody who has entered a password
    shows a passkey or a security key: `token` names them, or without a token, the session whose login waits.

    `user` is for a login whose user the site knows already. The options list the usable passkeys of this user, but
    no security keys, and only a passkey of this user is accepted as the answer. Never take this user from a name
    that a stranger has typed: the answer would say who has an account. Give the same user to `verify_login`.

    `user_verification` ("required", "preferred" or "discouraged") raises what the settings or the provider ask
    for. It never lowers this: the stronger of the two holds.

    Raises Throttled, InvalidRequest, NotAuthenticated, ActingAsAnother, CeremonyExpired, CeremonyNotFound,
    LoginFailed (`user` has no usable passkey, or nothing is left for a second step), ProviderUnavailable,
    ProviderRejected.
    """
    limits.check("start-login", request=request)
    aim, wanted = _purpose(purpose), _verification(user_verification)
    if user is not None:
        provider, options, owner = _start_login_of(request, aim, user)
    elif aim is Purpose.SECOND_STEP:
        provider, options, owner = _start_second_step(request, token)
    else:
        provider, options, owner = _STARTS[aim](request)
    options = options | {"userVerification": _stronger(options.get("userVerification"), wanted)}
    cookies.begin(request, options, purpose=aim, provider=provider.identity, user=owner)
    return {"publicKey": options}


def _purpose(purpose: object) -> Purpose:
    if not isinstance(purpose, str) or purpose not in (*_STARTS, Purpose.SECOND_STEP):
        raise InvalidRequest("unknown purpose")
    return Purpose(purpose)


def _verification(wanted: str | None) -> str:
    """What the caller asks for. Without a wish, this is the least, which raises nothing."""
    if wanted is not None and wanted not in USER_VERIFICATION:
        raise InvalidRequest("unknown user verification")
    return wanted or USER_VERIFICATION[-1]


def _stronger(theirs: object, wanted: str) -> str:
    """Browsers read a missing or an unknown value as "preferred" (WebAuthn L3, 5.5)."""
    asked = str(theirs) if theirs in USER_VERIFICATION else "preferred"
    return min(asked, wanted, key=USER_VERIFICATION.index)


def _start_login(request: HttpRequest) -> Begun:
    return *_options(get_relying_party(request)), None


def _options(
    relying_party: RelyingParty, allow: Iterable[CredentialDescriptor] = ()
) -> tuple[BaseProvider, Options]:
    return call_or_fall_back(get_provider(), lambda it: it.start_login(relying_party=relying_party, allow=allow))


def _start_login_of(request: HttpRequest, aim: Purpose, user: AbstractBaseUser) -> Begun:
    """The list of credentials is never empty: an empty list would let the browser offer everybody's passkeys."""
    if aim is not Purpose.LOGIN:
        raise InvalidRequest(f"a ceremony for {aim} finds its user itself")
    relying_party = get_relying_party(request)
    usable = Passkey.objects.of(user).usable().filter(rp_id=relying_party.id)
    allow = [each.descriptor for each in usable]
    if not allow:
        raise LoginFailed("the user has no usable passkey")
    return *_options(relying_party, allow), user


def _start_confirmation(request: HttpRequest) -> Begun:
    user = signed_in_owner(request)
    limits.check("start-login", user=user)
    allow = [each.descriptor for each in Passkey.objects.of(user).passkeys()]
    provider, options = _options(get_relying_party(request), allow)
    return provider, options | {"userVerification": "required"}, user  # a confirmation replaces the password


_STARTS: dict[Purpose, Callable[[HttpRequest], Begun]] = {
    Purpose.LOGIN: _start_login,
    Purpose.CONFIRM: _start_confirmation,
}


def _start_second_step(request: HttpRequest, token: object) -> Begun:
    """Only credentials of the person whose password was right are allowed, so the list is never empty."""
    limits.check("second-step", request=request)
    user = _person(request, token)
    limits.check_here("second-step", request, user)
    relying_party, owned = get_relying_party(request), list(Passkey.objects.of(user))
    usable = [each for each in owned if each.refused_at is None and each.rp_id == relying_party.id]
    if not usable:
        raise LoginFailed("no passkey and no security key is left for a second step")
    provider, options = call_or_fall_back(
        runner_of(owned),
        lambda provider: provider.start_second_step(
            relying_party=relying_party,
            user_handle=bytes(owned[0].user_handle),
            allow=[each.descriptor for each in usable],
            verification=passkey_settings.second_step_verification,
        ),
    )
    return provider, options, user


def _person(request: HttpRequest, token: object) -> AbstractBaseUser:
    """The person who has entered the password: of the token, or of the login that waits in this session."""
    if token is not None:
        return user_of_token(request, token)
    user = parked_user(request)
    if user is None:
        raise NotAuthenticated("no login waits for a second step in this session")
    return user
