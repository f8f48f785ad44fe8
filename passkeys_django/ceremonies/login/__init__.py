"""Login with a passkey, confirmation by a user who is signed in already, and the second step after a password."""

from .finalize import VerifiedLogin, finalize_login, verify_login, verify_second_step
from .start import start_login

__all__ = ["VerifiedLogin", "finalize_login", "start_login", "verify_login", "verify_second_step"]
