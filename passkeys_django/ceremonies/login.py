"""Login with a passkey, and confirmation with a passkey by a user who is signed in already."""

import logging
from typing import Any

from django.contrib.auth import get_user_model, load_backend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.utils import timezone
from django.utils.asyncio import async_unsafe
from django.views.decorators.debug import sensitive_variables

from ..backends import may_log_in
from ..exceptions import (
    ActingAsAnother,
    CeremonyNotFound,
    InvalidRequest,
    LoginFailed,
    PasskeyError,
    Throttled,
)
from ..http import limits
from ..models import Passkey
from ..protocol.credentials import AuthenticationCredential, broken_rule, open_envelope, read_authentication
from ..protocol.relying_party import RelyingParty
from ..providers import get_provider
from ..providers.base import BaseProvider
from ..providers.failover import call_or_fall_back
from ..relying_party import get_relying_party
from ..sessions.authentication import signed_in_owner
from ..sessions.opening import open_session
from ..sessions.proof import LoginAttempt, current_attempt, set_proof
from ..signals import passkey_login_failed, passkey_used
from . import cookies, single_use
from .cookies import Ceremony, Purpose
from .reporting import logged
from .verification import authenticate_or_fall_back, find_passkey, verifier_of, went_on_without_provider

logger = logging.getLogger("passkeys_django")


@sensitive_variables()
@async_unsafe  # Django guards only SQL, and a login starts without any: a slow provider would block the event loop
@logged("Passkey login start")
def start_login(request: HttpRequest, *, purpose: str = Purpose.LOGIN.value) -> dict[str, Any]:
    """`{"publicKey": PublicKeyCredentialRequestOptionsJSON}` for `navigator.credentials.get()`.

    With the purpose "login", the function runs no SQL and opens no session. With the purpose "confirm", the
    signed-in user proves their identity again.
    Raises Throttled, InvalidRequest, NotAuthenticated, ActingAsAnother, ProviderUnavailable, ProviderRejected.
    """
    limits.check("start-login", request=request)
    aim = _purpose(purpose)
    user = signed_in_owner(request) if aim is Purpose.CONFIRM else None
    limits.check("start-login", user=user)
    allow = Passkey.objects.descriptors(user) if user else []
    relying_party = get_relying_party(request)
    provider, options = call_or_fall_back(
        get_provider(), lambda provider: provider.start_login(relying_party=relying_party, allow=allow)
    )
    if user:
        options["userVerification"] = "required"  # a confirmation replaces the password
    cookies.begin(request, options, purpose=aim, provider=provider.identity, user=user)
    return {"publicKey": options}


def _purpose(purpose: object) -> Purpose:
    if purpose not in (Purpose.LOGIN.value, Purpose.CONFIRM.value):
        raise InvalidRequest("unknown purpose")
    return Purpose(purpose)


@sensitive_variables()
@logged("Passkey login")
def finalize_login(request: HttpRequest, credential: object) -> AbstractBaseUser:
    """Check the browser's credential completely and open the session of its user.

    Raises Throttled, InvalidCredential, CeremonyNotFound, CeremonyExpired, CeremonyUsed, NotAuthenticated,
    ActingAsAnother, UnknownPasskey, LoginFailed, ProviderUnavailable or ProviderRejected. Each error is logged
    once. A refusal (status below 500) also sends signals, but not Throttled and ActingAsAnother: they do not mean
    that somebody failed to show a passkey.
    """
    try:
        return _finalize_login(request, credential)
    except PasskeyError as exc:
        if exc.status < 500 and not isinstance(exc, ActingAsAnother | Throttled):
            _signal_refusal(request, exc)
        raise
    finally:
        set_proof(request, None)


def _finalize_login(request: HttpRequest, credential: object) -> AbstractBaseUser:
    limits.check("finalize-login", request=request)
    envelope = open_envelope(credential)
    cookies.forget(request, envelope.client_data.challenge)
    ceremony = cookies.find(request, envelope.client_data.challenge, Purpose.LOGIN, Purpose.CONFIRM)
    assertion = read_authentication(envelope)  # strangers send CBOR, so limit and cookie are checked first
    relying_party = get_relying_party(request)
    _check_rules(assertion, ceremony, relying_party)
    attempt = LoginAttempt(
        passkey=find_passkey(request, assertion, rp_id=relying_party.id),
        credential=assertion,
        relying_party=relying_party,
        began_at=ceremony.began_at,
    )
    set_proof(request, attempt)
    verifier, spent = _check_passkey(request, attempt.passkey, assertion, ceremony)
    user = authenticate_or_fall_back(request, verifier, attempt)
    limits.check("finalize-login", credential_id=assertion.id)
    single_use.claim(ceremony.digest)
    known = attempt.passkey.backup_eligible
    _record_use(request, attempt, ceremony, spent, user)
    open_session(request, user)
    passkey_used.send(
        sender=Passkey,
        request=request,
        user=user,
        passkey=attempt.passkey,
        fallback=went_on_without_provider(attempt.passkey),
        backup_changed=_backup_changed(attempt.passkey, known),
    )
    return user


def _check_rules(assertion: AuthenticationCredential, ceremony: Ceremony, relying_party: RelyingParty) -> None:
    broken = broken_rule(
        assertion,
        expected_type="webauthn.get",
        relying_party=relying_party,
        require_user_presence=True,
        require_user_verification=ceremony.user_verification,
    )
    if broken:
        raise LoginFailed(broken)


def _check_passkey(
    request: HttpRequest, passkey: Passkey, assertion: AuthenticationCredential, ceremony: Ceremony
) -> tuple[BaseProvider, single_use.Spent]:
    """Check every rule that depends on the row. Return its verifier, and its spent challenges plus this one."""
    _check_account(request, ceremony, passkey)
    _check_handle(ceremony, passkey, assertion.user_handle)
    if passkey.user_verified is None and not assertion.authenticator_data.user_verified:
        raise LoginFailed("the user was not verified, which the first login with an adopted passkey requires")
    spent = single_use.add_spent(
        passkey.spent, issued_at=ceremony.issued_at, digest=ceremony.digest, now=cookies.now()
    )
    return verifier_of(ceremony, passkey), spent


def _check_account(request: HttpRequest, ceremony: Ceremony, passkey: Passkey) -> None:
    """A confirmation needs a passkey of the signed-in user, and never switches to another account."""
    if ceremony.purpose is Purpose.LOGIN:
        return
    user = signed_in_owner(request)
    if not ceremony.belongs_to(user):
        raise CeremonyNotFound("the ceremony was begun for another user")
    if passkey.user_id != user.pk:
        raise LoginFailed("the passkey belongs to another account")


def _check_handle(ceremony: Ceremony, passkey: Passkey, handle: bytes | None) -> None:
    """WebAuthn L3, 7.2 step 6. Only a confirmation may lack the handle: its options list the credential ids."""
    if handle is None and ceremony.purpose is Purpose.LOGIN:
        raise LoginFailed("no user handle")
    if handle is not None and not passkey.has_user_handle(handle):
        raise LoginFailed("another user handle")


def _check_counter(passkey: Passkey, assertion: AuthenticationCredential) -> None:
    """Refuse a signature counter that went back, if the passkey is bound to a device: it may have been cloned.

    WebAuthn L3, 6.1.1. The copies of a synced passkey may count differently, so this is only logged. Call this
    after the signature was verified: otherwise, anybody could raise this alarm. A passkey that was bound to a
    device is refused even if it claims now that it can be synced: a clone could claim this too.
    """
    new = assertion.authenticator_data.sign_count
    if (new == 0 and passkey.sign_count == 0) or new > passkey.sign_count:
        return
    if not assertion.authenticator_data.backup_eligible or passkey.backup_eligible is False:
        raise LoginFailed("the signature counter went back: the passkey may have been cloned")
    logger.warning("The signature counter of synced passkey %s went back", passkey.pk)


def _record_use(
    request: HttpRequest,
    attempt: LoginAttempt,
    ceremony: Ceremony,
    spent: single_use.Spent,
    user: AbstractBaseUser,
) -> None:
    """Spend the challenge and count the use in one compare-and-set. If it fails, read the row and check again."""
    passkey, assertion = attempt.passkey, attempt.credential
    _check_counter(passkey, assertion)
    while not Passkey.objects.compare_and_set(passkey, **_changes(passkey, assertion), spent=spent):
        fresh = Passkey.objects.find(passkey.credential_id)
        if fresh is None or not _can_authenticate(fresh, user):
            raise LoginFailed("the passkey or its user changed meanwhile")
        attempt.passkey = passkey = fresh
        _verifier, spent = _check_passkey(request, passkey, assertion, ceremony)
        _check_counter(passkey, assertion)


def _backup_changed(passkey: Passkey, known: bool | None) -> bool:
    """Has the passkey changed its backup eligibility, that is, whether it can be synced?

    A passkey must not change this (WebAuthn L3, 6.1.3). But some password managers have changed it, and imports
    bring old values: a refusal would lock users out for ever.
    """
    if known in (None, passkey.backup_eligible):
        return False
    logger.warning("Passkey %s changed its backup eligibility to %s", passkey.pk, passkey.backup_eligible)
    return True


def _changes(passkey: Passkey, assertion: AuthenticationCredential) -> dict[str, Any]:
    """The fields that this login changes."""
    data = assertion.authenticator_data
    facts = {
        "sign_count": max(passkey.sign_count, data.sign_count),
        "backup_eligible": data.backup_eligible,
        "backup_state": data.backup_state,
        "user_verified": passkey.user_verified is None or passkey.user_verified,  # None: this login had to verify
        # After a refusal, only the provider itself can have verified this login, so its earlier refusal is void.
        "refused_at": None,
    }
    news = {name: value for name, value in facts.items() if getattr(passkey, name) != value}
    return {"last_used_at": timezone.now(), **news}


def _can_authenticate(passkey: Passkey, user: AbstractBaseUser) -> bool:
    backend: Any = load_backend(user.backend)
    return passkey.user == user and may_log_in(backend, passkey.user)


def _signal_refusal(request: HttpRequest, error: PasskeyError) -> None:
    """Send Django's signal, unless `authenticate()` has sent it, and ours. Count the failure at this address."""
    attempt = current_attempt(request)
    passkey = attempt.passkey if attempt else None
    if passkey is not None:
        limits.count_failure(request, passkey.credential_id)
    if attempt is None or not attempt.is_announced:
        credentials = _named(passkey.user if passkey else None)
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    passkey_login_failed.send(sender=Passkey, request=request, error=error, passkey=passkey)


def _named(user: AbstractBaseUser | None) -> dict[str, str | None]:
    """The username under both keys that listeners read, as Django's own ModelBackend does.

    If the user is unknown, the username is None: for django-axes, None means no user, but it locks an empty name.
    """
    name = None if user is None else user.get_username()
    text = None if name is None else str(name)
    return dict.fromkeys(("username", get_user_model().USERNAME_FIELD), text)
