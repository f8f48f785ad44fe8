"""The end of a login, of a confirmation, or of a second step: the browser's answer is checked and used up."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from ...exceptions import ActingAsAnother, CeremonyNotFound, PasskeyError, Throttled
from ...http import limits
from ...http.transactions import refuse_inside_atomic_request
from ...models import Passkey
from ...protocol.credentials import claimed_id, open_envelope, read_authentication
from ...relying_party import get_relying_party
from ...sessions.admission import confirm_login_allowed
from ...sessions.opening import open_session
from ...sessions.proof import LoginAttempt, Proof, current_attempt, set_proof
from ...signals import passkey_login_failed, passkey_used
from .. import cookies, single_use
from ..cookies import Purpose
from ..reporting import logged
from .assertion import backup_changed, check_passkey, check_rules, record_use
from .verification import authenticate_or_fall_back, find_passkey, went_on_without_provider

Admit = Callable[[HttpRequest, AbstractBaseUser], None]


@dataclass(frozen=True, kw_only=True)
class VerifiedLogin:
    """What a browser has just shown. `user.backend` names the auth backend, as after Django's `authenticate()`.

    `user_verified`: did the authenticator verify the user, by PIN or biometrics? `attachment` is where the passkey
    was, as the browser says: "platform" (this device), "cross-platform" (a phone or a security key), or None.
    `fallback`: did this site verify in place of the passkey's provider, because that provider is down?
    `backup_changed`: did the passkey change whether it can be synced? A passkey should never change this.
    """

    user: AbstractBaseUser
    passkey: Passkey
    user_verified: bool
    attachment: str | None
    fallback: bool
    backup_changed: bool


@sensitive_variables()
def finalize_login(
    request: HttpRequest, credential: object, *, user: AbstractBaseUser | None = None
) -> AbstractBaseUser:
    """Check the browser's credential completely and open the session of its user.

    `user` means the same as for `verify_login`, and the same errors are raised.
    """
    login = _verify(request, credential, confirm_login_allowed, begun_for=user)
    try:
        open_session(request, login.user)
        _announce(request, login)
    finally:
        set_proof(request, None)
    return login.user


@sensitive_variables()
def verify_login(
    request: HttpRequest,
    credential: object,
    *,
    user: AbstractBaseUser | None = None,
    admit: Admit = confirm_login_allowed,
) -> VerifiedLogin:
    """Check the browser's credential and use it up, as `finalize_login` does, but open no session.

    The function is for sites that open a session of their own, or answer with a token. If the view calls Django's
    `login()` for this user afterwards, in the same request, the session records a login with this passkey.

    With a `user`, only a ceremony that was begun for this user is accepted. Without one, the public endpoint
    `start-login` may have begun the ceremony: read in the result whose passkey it was, and whether the device
    verified the user.

    `admit(request, user)` raises LoginFailed for users who may not log in. The default asks the form of the site's
    login page.

    Raises Throttled, InvalidCredential, CeremonyNotFound, CeremonyExpired, CeremonyUsed, NotAuthenticated,
    ActingAsAnother, UnknownPasskey, LoginFailed, ProviderUnavailable or ProviderRejected. Each error is logged
    once. A refusal (status below 500) also sends signals, but not Throttled and ActingAsAnother: they do not mean
    that somebody failed to show a passkey.
    Raises ImproperlyConfigured inside a transaction of ATOMIC_REQUESTS: the view needs
    `transaction.non_atomic_requests`. An error after this call would roll the use back, so the same credential
    could log in again.
    """
    login = _verify(request, credential, admit, begun_for=user)
    _announce(request, login)
    return login


@sensitive_variables()
def verify_second_step(request: HttpRequest, credential: object, *, user: AbstractBaseUser) -> VerifiedLogin:
    """Check the answer to a second step, and use it up. `user` is who has entered the password, and nobody else.

    A passkey and a security key of this user are good for it. No auth backend is asked, `user.backend` stays as it
    is, and no session is opened. If Django's `login()` is called for this user afterwards, in the same request,
    the session records password and second step.

    Raises the same errors as `verify_login`, but never NotAuthenticated and ActingAsAnother. Signals are the same.
    Raises ImproperlyConfigured inside a transaction of ATOMIC_REQUESTS, as `verify_login` does.
    """
    login = _verify(request, credential, _admit_all, second_step_of=user)
    _announce(request, login)
    return login


def _admit_all(request: HttpRequest, user: AbstractBaseUser) -> None:
    """The login page has let this user in when it took the password."""


@logged("Passkey login")
def _verify(
    request: HttpRequest,
    credential: object,
    admit: Admit,
    *,
    begun_for: AbstractBaseUser | None = None,
    second_step_of: AbstractBaseUser | None = None,
) -> VerifiedLogin:
    """The verified login. The proof stays on the request, so that a `login()` records how the user logged in."""
    refuse_inside_atomic_request()
    try:
        return _use(request, credential, admit, begun_for, second_step_of)
    except BaseException as exc:
        if isinstance(exc, PasskeyError) and exc.status < 500 and not isinstance(exc, ActingAsAnother | Throttled):
            _signal_refusal(request, exc, second_step_of)
        set_proof(request, None)
        raise


def _use(
    request: HttpRequest,
    credential: object,
    admit: Admit,
    begun_for: AbstractBaseUser | None,
    second_step_of: AbstractBaseUser | None,
) -> VerifiedLogin:
    address = limits.for_request("finalize-login", request=request)
    limits.enforce(address + limits.for_failures(request, claimed_id(credential)))
    envelope = open_envelope(credential)
    purposes = (Purpose.LOGIN, Purpose.CONFIRM) if second_step_of is None else (Purpose.SECOND_STEP,)
    ceremony = cookies.take(request, envelope.client_data.challenge, *purposes)
    if begun_for is not None and not ceremony.belongs_to(begun_for):
        raise CeremonyNotFound("the ceremony was not begun for this user")
    assertion = read_authentication(envelope)  # strangers send CBOR, so limit and cookie are checked first
    relying_party = get_relying_party(request)
    check_rules(assertion, ceremony, relying_party)
    attempt = LoginAttempt(
        passkey=find_passkey(request, assertion, rp_id=relying_party.id),
        credential=assertion,
        relying_party=relying_party,
        began_at=ceremony.began_at,
        second_step_of=second_step_of,
    )
    set_proof(request, attempt)
    verifier, spent = check_passkey(request, attempt, ceremony)
    user = authenticate_or_fall_back(request, verifier, attempt)
    admit(request, user)
    passkey = limits.for_request("finalize-login", credential_id=assertion.id)
    limits.enforce([*passkey, single_use.claim(ceremony.digest)])
    known = attempt.passkey.backup_eligible
    record_use(request, attempt, ceremony, spent, user)
    attempt.confirms = ceremony.purpose is Purpose.CONFIRM
    return _verified(request, attempt, user, known)


def _verified(
    request: HttpRequest, attempt: LoginAttempt, user: AbstractBaseUser, known: bool | None
) -> VerifiedLogin:
    """The result. From now on, the request holds a proof that no second token can use."""
    passkey = attempt.passkey
    methods = ("passkey",) if attempt.second_step_of is None else ("password", str(passkey.kind))
    proof = Proof(passkey=passkey, credential=attempt.credential, methods=methods, confirms=attempt.confirms)
    set_proof(request, proof)
    return VerifiedLogin(
        user=user,
        passkey=passkey,
        user_verified=attempt.credential.authenticator_data.user_verified,
        attachment=attempt.credential.attachment,
        fallback=went_on_without_provider(passkey),
        backup_changed=backup_changed(passkey, known),
    )


def _announce(request: HttpRequest, login: VerifiedLogin) -> None:
    passkey_used.send(
        sender=Passkey,
        request=request,
        user=login.user,
        passkey=login.passkey,
        fallback=login.fallback,
        backup_changed=login.backup_changed,
    )


def _signal_refusal(request: HttpRequest, error: PasskeyError, user: AbstractBaseUser | None) -> None:
    """Send Django's signal, unless `authenticate()` has sent it, and ours. Count the failure at this address."""
    attempt = current_attempt(request)
    passkey = attempt.passkey if attempt else None
    if passkey is not None:
        limits.count_failure(request, passkey.credential_id)
    if attempt is None or not attempt.is_announced:
        credentials = _named(passkey.user if passkey and user is None else user)
        user_login_failed.send(sender=__package__, credentials=credentials, request=request)
    passkey_login_failed.send(sender=Passkey, request=request, error=error, passkey=passkey)


def _named(user: AbstractBaseUser | None) -> dict[str, str | None]:
    """The username under both keys that listeners read, as Django's own ModelBackend does.

    If the user is unknown, the username is None: for django-axes, None means no user, but it locks an empty name.
    """
    name = None if user is None else user.get_username()
    text = None if name is None else str(name)
    return dict.fromkeys(("username", get_user_model().USERNAME_FIELD), text)
