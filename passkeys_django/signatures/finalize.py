"""The end of a signature: the answer is verified, then stored in one transaction with what was signed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, router, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from ..ceremonies import cookies
from ..ceremonies.cookies import Ceremony, Purpose
from ..ceremonies.reporting import logged
from ..exceptions import AlreadySigned, CeremonyNotFound, StatementChanged
from ..http import limits
from ..models import USER_NAME_MAX_LENGTH, Passkey, PasskeySignature, user_name
from ..protocol.credentials import AuthenticationCredential, open_envelope, read_authentication
from ..providers.transactions import is_challenge_of
from ..relying_party import get_relying_party
from ..sessions.authentication import signed_in_owner
from ..signals import passkey_signed
from .answers import check_answer, count_use
from .confirming import confirm
from .evidence.seal import seal
from .start import form_sha256
from .statement.statements import Statement

Act = Callable[[PasskeySignature], None]


@dataclass(frozen=True, kw_only=True)
class Verified:
    """An answer that was verified, and the signature that is not stored yet."""

    passkey: Passkey
    assertion: AuthenticationCredential
    signature: PasskeySignature


def finalize_signature(
    request: HttpRequest, credential: object, *, action: str, statement: Any
) -> PasskeySignature:
    """Verify the answer to `start_signature`, and store the evidence. Pass the same action and statement again.

    Call the function inside `transaction.atomic()`, and do there what was signed: then both are stored, or neither
    is. A repeated call raises AlreadySigned, so nothing is done twice. `members["signature"]` of the error is the
    id of the first signature.

    Raises Throttled, NotAuthenticated, ActingAsAnother, InvalidCredential, InvalidStatement, CeremonyNotFound,
    CeremonyExpired, SignatureFailed, StatementChanged (what would be signed now is not what the person has seen),
    AlreadySigned, ProviderUnavailable, ProviderRejected.
    """
    user = signed_in_owner(request)
    _refuse_second_answer(user, credential)
    verified = verify(request, credential, action=action, data=statement)
    store(request, verified, lambda signature: None)
    return verified.signature


def _refuse_second_answer(user: AbstractBaseUser, credential: object) -> None:
    """Raise AlreadySigned if this user has answered the challenge before."""
    challenge = open_envelope(credential).client_data.challenge
    earlier = PasskeySignature.objects.of_challenge(challenge, user)
    if earlier is not None:
        raise already_signed(earlier)


def already_signed(earlier: PasskeySignature | None) -> AlreadySigned:
    if earlier is None:  # a snapshot of the caller's transaction may be older
        return AlreadySigned("signed by another request at the same time")
    return AlreadySigned("signed before", signature=str(earlier.pk), redirect_url=earlier.redirect_url)


@sensitive_variables()
@logged("Signature")
def verify(request: HttpRequest, credential: object, *, action: str, data: Any, fields: str = "") -> Verified:
    """Check the answer completely. Nothing is stored yet."""
    user = signed_in_owner(request)
    limits.check("finalize-signature", request=request, user=user)
    envelope = open_envelope(credential)
    ceremony = cookies.take(request, envelope.client_data.challenge, Purpose.SIGN)
    if not ceremony.belongs_to(user):
        raise CeremonyNotFound("the ceremony was begun for another user")
    text = _same_text(ceremony, action=action, data=data, fields=fields)
    assertion, relying_party = read_authentication(envelope), get_relying_party(request)
    passkey = check_answer(assertion, user=user, relying_party=relying_party)
    confirmation, fallback = confirm(ceremony, passkey, assertion, relying_party)
    signature = PasskeySignature(
        id=UUID(ceremony.form["id"]),
        user=user,  # type: ignore[misc]  # the site's user model
        user_key=str(user.pk),
        user_name=user_name(user)[:USER_NAME_MAX_LENGTH],
        created_at=timezone.now(),
        action=action,
        text=text,
        challenge=ceremony.challenge,
        credential_id=assertion.id,
        public_key=bytes(passkey.public_key),
        client_data=assertion.client_data.raw,
        authenticator_data=assertion.authenticator_data.raw,
        signature=assertion.signature,
        rp_id=relying_party.id,
        origin=assertion.client_data.origin,
        provider=ceremony.provider,
        fallback=fallback,
        token=confirmation.token,
        jwk=confirmation.jwk,
        form_sha256=form_sha256(user, ceremony.form["form"]),
    )
    return Verified(passkey=passkey, assertion=assertion, signature=signature)


def _same_text(ceremony: Ceremony, *, action: str, data: Any, fields: str) -> str:
    """The text, made anew from the present data. Raises StatementChanged if it is not what the challenge holds."""
    text = Statement(action=action, at=ceremony.form["at"], by=ceremony.handle, data=data).text
    is_same = is_challenge_of(ceremony.challenge, transaction_id=ceremony.form["id"], text=text)
    if not is_same or ceremony.form["fields"] != fields:
        raise StatementChanged("the data are not those of the start")
    return text


def store(request: HttpRequest, verified: Verified, act: Act) -> None:
    """Store the evidence and do what was signed, in one transaction. An error of `act` undoes both.

    The unique challenge is the single use: a second request waits here for the end of the first one. Raises
    AlreadySigned, SignatureFailed, and whatever `act` raises.
    """
    signature = verified.signature
    try:
        _store(verified, act)
    except _Taken as exc:
        raise already_signed(PasskeySignature.objects.of_form(signature.form_sha256)) from exc
    passkey_signed.send(
        sender=PasskeySignature,
        request=request,
        user=signature.user,
        passkey=verified.passkey,
        signature=signature,
    )


class _Taken(Exception):
    """The challenge or the page was signed before."""


def _store(verified: Verified, act: Act) -> None:
    signature = verified.signature
    with transaction.atomic(using=router.db_for_write(PasskeySignature)):
        seal(signature)
        try:
            signature.save(force_insert=True)
        except IntegrityError as exc:
            raise _Taken from exc
        count_use(verified.passkey, verified.assertion)
        act(signature)
