"""What `finalize_login` leaves on the request, so that the auth backend and the session need not read it again."""

from dataclasses import dataclass

from django.http import HttpRequest

from .credentials import AuthenticationCredential
from .models import Passkey
from .relying_party import RelyingParty

_ATTRIBUTE = "_passkeys_login_attempt"


@dataclass(kw_only=True)
class LoginAttempt:
    """A login that a provider has finalized. `began_at` is its ceremony's start in seconds since the epoch.

    `is_announced`: has Django's `authenticate()` sent `user_login_failed` already?
    """

    passkey: Passkey
    credential: AuthenticationCredential
    relying_party: RelyingParty
    began_at: float
    is_announced: bool = False


def current_attempt(request: HttpRequest | None) -> LoginAttempt | None:
    """The attempt that this request is finalizing, if any."""
    return getattr(request, _ATTRIBUTE, None)


def set_attempt(request: HttpRequest, attempt: LoginAttempt | None) -> None:
    """Leave the attempt on the request, or take it away."""
    setattr(request, _ATTRIBUTE, attempt)
