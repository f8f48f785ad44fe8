"""The rules that the answer of a login must keep, and what the login changes in the row of its passkey."""

import logging
from typing import Any

from django.contrib.auth import load_backend
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone

from ..backends import may_log_in
from ..exceptions import CeremonyNotFound, LoginFailed
from ..models import Passkey
from ..protocol.credentials import AuthenticationCredential, broken_rule
from ..protocol.relying_party import RelyingParty
from ..providers.base import BaseProvider
from ..sessions.authentication import signed_in_owner
from ..sessions.proof import LoginAttempt
from . import cookies, single_use
from .cookies import Ceremony, Purpose
from .verification import verifier_of

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
    while not Passkey.objects.compare_and_set(passkey, **_changes(passkey, assertion), spent=spent):
        fresh = Passkey.objects.find(passkey.credential_id)
        if fresh is None or not _can_authenticate(fresh, user):
            raise LoginFailed("the passkey or its user changed meanwhile")
        attempt.passkey = passkey = fresh
        _verifier, spent = check_passkey(request, passkey, assertion, ceremony)
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


def _changes(passkey: Passkey, assertion: AuthenticationCredential) -> dict[str, Any]:
    """The fields that this login changes."""
    data = assertion.authenticator_data
    facts = {
        "sign_count": max(passkey.sign_count, data.sign_count),
        "backup_eligible": data.backup_eligible,
        "backup_state": data.backup_state,
        "user_verified": bool(passkey.user_verified) or data.user_verified,  # None: this login had to verify
        # After a refusal, only the provider itself can have verified this login, so its earlier refusal is void.
        "refused_at": None,
    }
    news = {name: value for name, value in facts.items() if getattr(passkey, name) != value}
    return {"last_used_at": timezone.now(), **news}


def _can_authenticate(passkey: Passkey, user: AbstractBaseUser) -> bool:
    backend: Any = load_backend(user.backend)
    return passkey.user == user and may_log_in(backend, passkey.user)
