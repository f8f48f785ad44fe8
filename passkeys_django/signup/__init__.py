"""Signing up with a passkey: the forms, the links by e-mail, the page.

The ceremony itself is in `ceremonies/signup.py`, not here.
"""

from .forms import ConfirmedSignupForm, PasskeySignupForm
from .page import PasskeySignupView

__all__ = ["ConfirmedSignupForm", "PasskeySignupForm", "PasskeySignupView"]
