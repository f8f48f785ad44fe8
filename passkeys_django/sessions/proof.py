"""What a finalize leaves on the request, so that the auth backend and the session need not read it again."""

from dataclasses import dataclass

from django.http import HttpRequest

from ..models import Passkey
from ..protocol.credentials import AuthenticationCredential, RegistrationCredential
from ..protocol.relying_party import RelyingParty

_ATTRIBUTE = "_passkeys_login_attempt"


@dataclass(kw_only=True)
class Proof:
    """A passkey, and the credential with which somebody has just shown that they have it."""

    passkey: Passkey
    credential: RegistrationCredential | AuthenticationCredential


@dataclass(kw_only=True)
class LoginAttempt(Proof):
    """A login that a provider has finalized. `began_at` is its ceremony's start in seconds since the epoch.

    `is_announced`: has Django's `authenticate()` sent `user_login_failed` already? `is_answered`: has the auth
    backend found the user? A second token would be a token too many.
    """

    credential: AuthenticationCredential
    relying_party: RelyingParty
    began_at: float
    is_announced: bool = False
    is_answered: bool = False


def current_attempt(request: HttpRequest | None) -> LoginAttempt | None:
    """The login that this request is finalizing, if any."""
    proof = current_proof(request)
    return proof if isinstance(proof, LoginAttempt) else None


def current_proof(request: HttpRequest | None) -> Proof | None:
    """What the login or sign-up that this request is finalizing rests on, if it is one."""
    return getattr(request, _ATTRIBUTE, None)


def set_proof(request: HttpRequest, attempt: Proof | None) -> None:
    """Leave the attempt on the request, or take it away."""
    setattr(request, _ATTRIBUTE, attempt)
