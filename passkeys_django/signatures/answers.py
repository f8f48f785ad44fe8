"""The rules for the passkey that has signed, and what the signature changes in its row."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from ..exceptions import SignatureFailed
from ..models import Passkey, PasskeyKind
from ..protocol.credentials import AuthenticationCredential, broken_rule
from ..protocol.relying_party import RelyingParty


def check_answer(
    assertion: AuthenticationCredential, *, user: AbstractBaseUser, relying_party: RelyingParty
) -> Passkey:
    """The passkey whose stored key has signed the answer (WebAuthn L3, 7.2). Raises SignatureFailed."""
    broken = broken_rule(
        assertion,
        expected_type="webauthn.get",
        relying_party=relying_party,
        require_user_presence=True,
        require_user_verification=True,
    )
    if broken:
        raise SignatureFailed(broken)
    passkey = Passkey.objects.find(assertion.id)
    if passkey is None or passkey.user_id != user.pk:
        raise SignatureFailed("no passkey of this user")
    if unfit := _unfit(passkey, assertion, relying_party):
        raise SignatureFailed(unfit)
    if not assertion.is_signed_by(bytes(passkey.public_key)):
        raise SignatureFailed("the stored public key did not sign this")
    return passkey


def _unfit(passkey: Passkey, assertion: AuthenticationCredential, relying_party: RelyingParty) -> str | None:
    """Why this passkey must not sign, in words for the log; None if it may."""
    handle = assertion.user_handle
    rules = {
        "a security key": passkey.kind == PasskeyKind.PASSKEY,
        "a passkey of another RP ID": passkey.rp_id == relying_party.id,
        "its provider has removed the passkey": passkey.refused_at is None,
        "a passkey that was made without user verification": passkey.user_verified is not False,
        "another user handle": handle is None or passkey.has_user_handle(handle),
    }
    return next((reason for reason, kept in rules.items() if not kept), None)


def count_use(passkey: Passkey, assertion: AuthenticationCredential) -> None:
    """Count the use in one UPDATE, which also asks whether the signature counter has gone on (WebAuthn L3, 6.1.1).

    The copies of a synced passkey may count differently, so only a passkey that is bound to a device is refused.
    Raises SignatureFailed, also if the passkey was removed meanwhile.
    """
    data = assertion.authenticator_data
    rows = Passkey.objects.on_primary().filter(pk=passkey.pk, user_id=passkey.user_id, refused_at=None)
    if not data.backup_eligible or passkey.backup_eligible is False:
        grown = Q(sign_count__lt=data.sign_count)
        rows = rows.filter(grown | Q(sign_count=0) if data.sign_count == 0 else grown)
    changed = rows.update(
        sign_count=Greatest(F("sign_count"), data.sign_count),
        backup_state=data.backup_state,
        last_used_at=timezone.now(),
        use_count=F("use_count") + 1,
    )
    if not changed:
        raise SignatureFailed("the passkey was removed, or its signature counter went back: it may be cloned")
