"""Login forms whose username field offers passkeys."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm

AUTOCOMPLETE = "username webauthn"
"""`webauthn` must come last (HTML, autofill detail tokens): browsers offer passkeys in no other field."""


class PasskeyFormMixin:
    """For a form of the site's own, before Django's: `class LoginForm(PasskeyFormMixin, AuthenticationForm)`."""

    fields: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs["autocomplete"] = AUTOCOMPLETE


class PasskeyAuthenticationForm(PasskeyFormMixin, AuthenticationForm):
    """Django's login form, with passkeys in the autofill of its username field."""


class PasskeyAdminAuthenticationForm(PasskeyFormMixin, AdminAuthenticationForm):
    """The admin's login form, likewise."""
