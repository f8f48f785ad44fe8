"""Login forms whose username field offers passkeys, and the form in which people confirm that it is them."""

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

AUTOCOMPLETE = "username webauthn"
"""`webauthn` must come last (HTML, autofill detail tokens). Browsers offer passkeys only in a field with it."""


class PasskeyFormMixin:
    """For a site's own form. List it before Django's: `class LoginForm(PasskeyFormMixin, AuthenticationForm)`."""

    fields: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs["autocomplete"] = AUTOCOMPLETE


class PasskeyAuthenticationForm(PasskeyFormMixin, AuthenticationForm):
    """Django's login form, with passkeys in the autofill of its username field."""


class PasskeyAdminAuthenticationForm(PasskeyFormMixin, AdminAuthenticationForm):
    """The admin's login form, with passkeys in the autofill of its username field."""


class PasswordConfirmationForm(forms.Form):
    """Asks the signed-in `user` for their password.

    If the password is right, `confirmed` is the user that `authenticate()` returned.
    """

    confirmed: AbstractBaseUser
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Please enter your password.")},
    )

    def __init__(self, user: AbstractBaseUser, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data)
        self.user, self.request = user, request

    @sensitive_variables("password")
    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        confirmed = authenticate(self.request, username=self.user.get_username(), password=password)
        if confirmed is None or confirmed.pk != self.user.pk:
            raise forms.ValidationError(_("This password is not right. Please try again."))
        self.confirmed = confirmed
        return password
