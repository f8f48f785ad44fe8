"""The rules that the answer of a login must keep, and what the login changes in the row of its passkey."""

import logging
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone

from ...exceptions import CeremonyNotFound, LoginFailed
from ...models import Passkey, PasskeyKind
from ...protocol.credentials import AuthenticationCredential, broken_rule
from ...protocol.relying_party import RelyingParty
from ...providers.base import BaseProvider
from ...sessions.authentication import signed_in_owner
from ...sessions.proof import LoginAttempt
from .. import cookies, single_use
from ..cookies import Ceremony, Purpose
from .verification import can_authenticate, verifier_of

logger = logging.getLogger("passkeys_django")


def check_rules(assertion: AuthenticationCredential, ceremony: Ceremony, relying_party: RelyingParty) -> None:
    broken = broken_rule(
        assertion,
        expected_type="webauthn.get",
        relying_party=relying_party,
        require_user_presence=True,
        require_user_verification=ceremony.user_verification,
    )
    if broken:
        raise LoginFailed(broken)


def check_passkey(
    request: HttpRequest, attempt: LoginAttempt, ceremony: Ceremony
) -> tuple[BaseProvider, single_use.Spent]:
    """Check every rule that depends on the row. Return its verifier, and its spent challenges plus this one."""
    passkey, assertion = attempt.passkey, attempt.credential
    _check_kind(passkey, ceremony)
    _check_account(request, attempt, ceremony)
    _check_handle(ceremony, passkey, assertion.user_handle)
    if _must_verify(passkey, ceremony) and not assertion.authenticator_data.user_verified:
        raise LoginFailed("the user was not verified, which the first login with an adopted passkey requires")
    spent = single_use.add_spent(
        passkey.spent, issued_at=ceremony.issued_at, digest=ceremony.digest, now=cookies.now()
    )
    return verifier_of(ceremony, passkey), spent


def _check_kind(passkey: Passkey, ceremony: Ceremony) -> None:
    """A security key is good only as a second step, whatever a provider says about it."""
    if passkey.kind != PasskeyKind.PASSKEY and ceremony.purpose is not Purpose.SECOND_STEP:
        raise LoginFailed("a security key is good only as a second step after a password")


def _check_account(request: HttpRequest, attempt: LoginAttempt, ceremony: Ceremony) -> None:
    """A ceremony that was begun for a user needs a credential of this user, and never switches to another account.

    This includes WebAuthn L3, 7.2 step 5: a credential that was not on the list belongs to the user, too.
    """
    if ceremony.purpose is Purpose.LOGIN:
        if not ceremony.is_open and not ceremony.belongs_to(attempt.passkey.user):
            raise LoginFailed("the login was begun for another user")
        return
    user = attempt.second_step_of or signed_in_owner(request)
    if not ceremony.belongs_to(user):
        raise CeremonyNotFound("the ceremony was begun for another user")
    if attempt.passkey.user_id != user.pk:
        raise LoginFailed("the passkey belongs to another account")


def _check_handle(ceremony: Ceremony, passkey: Passkey, handle: bytes | None) -> None:
    """WebAuthn L3, 7.2 step 6. The handle may be missing only if the options listed the credential ids."""
    if handle is None and ceremony.is_open:
        raise LoginFailed("no user handle")
    if handle is not None and not passkey.may_have_user_handle(handle):
        raise LoginFailed("another user handle")


def _must_verify(passkey: Passkey, ceremony: Ceremony) -> bool:
    """Nobody knows what happened when an adopted passkey was registered. A second step proves possession only."""
    return passkey.user_verified is None and ceremony.purpose is not Purpose.SECOND_STEP


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


def record_use(
    request: HttpRequest,
    attempt: LoginAttempt,
    ceremony: Ceremony,
    spent: single_use.Spent,
    user: AbstractBaseUser,
) -> None:
    """Spend the challenge and count the use in one compare-and-set. If it fails, read the row and check again."""
    passkey, assertion = attempt.passkey, attempt.credential
    _check_counter(passkey, assertion)
    while not Passkey.objects.compare_and_set(passkey, **_changes(passkey, assertion, ceremony), spent=spent):
        fresh = Passkey.objects.find(passkey.credential_id)
        if fresh is None or not can_authenticate(fresh, user):
            raise LoginFailed("the passkey or its user changed meanwhile")
        attempt.passkey = passkey = fresh
        _verifier, spent = check_passkey(request, attempt, ceremony)
        _check_counter(passkey, assertion)


def backup_changed(passkey: Passkey, known: bool | None) -> bool:
    """Has the passkey changed its backup eligibility, that is, whether it can be synced?

    A passkey must not change this (WebAuthn L3, 6.1.3). But some password managers have changed it, and imports
    bring old values: a refusal would lock users out for ever.
    """
    if known in (None, passkey.backup_eligible):
        return False
    logger.warning("Passkey %s changed its backup eligibility to %s", passkey.pk, passkey.backup_eligible)
    return True


def _changes(passkey: Passkey, assertion: AuthenticationCredential, ceremony: Ceremony) -> dict[str, Any]:
    """The fields that this use changes. Options that list credentials do not show that a login finds this one."""
    data = assertion.authenticator_data
    facts = {
        "sign_count": max(passkey.sign_count, data.sign_count),
        "backup_eligible": data.backup_eligible,
        "backup_state": data.backup_state,
        "user_verified": _verified(passkey, verified_now=data.user_verified),
        "user_handle": _held_handle(passkey, assertion.user_handle),
        "discoverable": True if ceremony.is_open else passkey.discoverable,
        # After a refusal, only the provider itself can have verified this login, so its earlier refusal is void.
        "refused_at": None,
    }
    news = {name: value for name, value in facts.items() if getattr(passkey, name) != value}
    return {"last_used_at": timezone.now(), **news}


def _held_handle(passkey: Passkey, said: bytes | None) -> bytes:
    """The handle that the authenticator holds. An import may have stored another spelling."""
    return bytes(passkey.user_handle) if said is None or passkey.has_user_handle(said) else said


def _verified(passkey: Passkey, *, verified_now: bool) -> bool | None:
    """Only "unknown" changes, at the first use that verifies the user.

    A passkey that was made without verification stays so: the finder of a key without a PIN could set one
    (WebAuthn L3, 7.2, the step about `uvInitialized`).
    """
    return True if passkey.user_verified is None and verified_now else passkey.user_verified
