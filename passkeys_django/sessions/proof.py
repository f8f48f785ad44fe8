"""What finalize leaves on the request for the auth backend and the session, so that neither reads it again."""

from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from ..models import Passkey
from ..protocol.credentials import AuthenticationCredential, RegistrationCredential
from ..protocol.relying_party import RelyingParty
from .record import PASSKEY

_ATTRIBUTE = "_passkeys_login_attempt"


@dataclass(kw_only=True)
class Proof:
    """A passkey, and the credential with which somebody has just shown that they have it.

    `methods` are those of the record that a `login()` in this request writes: see `Authentication`. `confirms`:
    was the credential asked of somebody who was signed in already?
    """

    passkey: Passkey
    credential: RegistrationCredential | AuthenticationCredential
    methods: tuple[str, ...] = (PASSKEY,)
    confirms: bool = False


@dataclass(kw_only=True)
class LoginAttempt(Proof):
    """A login that is being finalized. `began_at` is its ceremony's start in seconds since the epoch.

    `is_announced`: has Django's `authenticate()` sent `user_login_failed` already? `is_answered`: has the auth
    backend found the user? Then it accepts no second token. `second_step_of`: the user who has entered a password,
    if this is their second step. Then no auth backend is asked.
    """

    credential: AuthenticationCredential
    relying_party: RelyingParty
    began_at: float
    is_announced: bool = False
    is_answered: bool = False
    second_step_of: AbstractBaseUser | None = None


def current_attempt(request: HttpRequest | None) -> LoginAttempt | None:
    """The login that this request is finalizing, if any."""
    proof = current_proof(request)
    return proof if isinstance(proof, LoginAttempt) else None


def current_proof(request: HttpRequest | None) -> Proof | None:
    """The proof of the login or sign-up that this request is finalizing, if any."""
    return getattr(request, _ATTRIBUTE, None)


def set_proof(request: HttpRequest, attempt: Proof | None) -> None:
    """Put the proof on the request; None removes it."""
    setattr(request, _ATTRIBUTE, attempt)
