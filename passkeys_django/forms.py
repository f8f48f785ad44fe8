"""Login forms that take a passkey, and the form in which people confirm that it is them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from .ceremonies import verify_login
from .exceptions import PasskeyError
from .http.request_body import read_json_text
from .relying_party import get_relying_party
from .sessions.admission import ask

FIELD = "passkey"
"""The field's name; the script finds the field by its attribute `data-passkey-credential`."""


class PasskeyInput(forms.HiddenInput):
    """A hidden field that never shows its value: a credential can be used only once."""

    def __init__(self) -> None:
        super().__init__({"data-passkey-credential": True})

    def format_value(self, value: Any) -> None:
        return None


class PasskeyFormMixin:
    """For a site's own form. List it before Django's: `class LoginForm(PasskeyFormMixin, AuthenticationForm)`.

    The form gets a hidden field `passkey`, into which the script writes the credential as JSON. If the field is
    filled and the password is empty, the passkey's user logs in: name and password need not be filled. The form's
    other fields, its `clean()` and its `confirm_login_allowed()` hold for passkeys too. The user's name is in
    `cleaned_data`. A refusal is an error of the form.
    """

    fields: Any
    data: Any
    errors: Any
    is_bound: bool
    add_prefix: Any
    cleaned_data: dict[str, Any]
    request: HttpRequest | None
    user_cache: Any
    _unknown: dict[str, str] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[FIELD] = forms.Field(required=False, widget=PasskeyInput())
        attrs = self.fields[self.user_name_field].widget.attrs
        attrs["autocomplete"] = _offering_passkeys(attrs.get("autocomplete", ""))

    @property
    def user_name_field(self) -> str:
        """The name of the field for the user's name. Raises ImproperlyConfigured without such a field."""
        for name in ("username", "login", get_user_model().USERNAME_FIELD, "email"):
            if name in self.fields:
                return str(name)
        raise ImproperlyConfigured(f"{type(self).__name__} has no field 'username', 'login' or 'email'.")

    def full_clean(self) -> None:
        with self._without_password():
            super().full_clean()  # type: ignore[misc]

    def clean(self) -> Any:
        if self._shows_passkey() and not self.errors:
            self._log_in()
        return super().clean()  # type: ignore[misc]

    def _shows_passkey(self) -> bool:
        """Is there a passkey and no password? A password that somebody has typed wins over a stale passkey."""
        filled = {name for name in (FIELD, "password") if self.data.get(self.add_prefix(name))}
        return self.is_bound and filled == {FIELD}

    @contextmanager
    def _without_password(self) -> Iterator[None]:
        """With a passkey, name and password may be empty. A form that is shown again requires them as before."""
        names = {self.user_name_field, "password"} & set(self.fields) if self._shows_passkey() else set()
        required = {name: self.fields[name].required for name in names}
        for name in names:
            self.fields[name].required = False
        yield
        for name in names:
            self.fields[name].required = required[name]

    def passkey_config(self) -> dict[str, Any]:
        """What the script must know to log in with this form, and whether the browser should forget a passkey.

        After a refusal (`refused`), a password manager that answers by itself must not be asked again and again.
        """
        names: dict[str, Any] = {"field": self.add_prefix(FIELD), "beside": self.add_prefix(self.user_name_field)}
        if self._shows_passkey():
            names["refused"] = True
        action = {} if self.request is None else {"action": self.request.get_full_path()}
        unknown = {} if self._unknown is None else {"signals": {"unknown": self._unknown}}
        return {"form": names | action, **unknown}

    @sensitive_variables()
    def _log_in(self) -> None:
        if self.request is None:
            raise ImproperlyConfigured(
                f"{type(self).__name__} needs the request: {type(self).__name__}(request, …)."
            )
        credential: dict[str, Any] = {}
        try:
            credential = read_json_text(self.cleaned_data[FIELD])
            self.user_cache = verify_login(self.request, credential, admit=self._admit).user
        except PasskeyError as exc:
            self._unknown = _unknown_passkey(self.request, exc, credential)
            raise _form_error(exc) from exc
        self.cleaned_data[self.user_name_field] = self.user_cache.get_username()

    def _admit(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        ask(self.confirm_login_allowed, user)  # type: ignore[attr-defined]


class PasskeyAuthenticationForm(PasskeyFormMixin, AuthenticationForm):
    """Django's login form, which also takes a passkey."""


class PasskeyAdminAuthenticationForm(PasskeyFormMixin, AdminAuthenticationForm):
    """The admin's login form, which also takes a passkey."""


def _offering_passkeys(autocomplete: str) -> str:
    """With `webauthn`, which must come last (HTML, autofill detail tokens). Browsers offer passkeys only there."""
    tokens = [token for token in autocomplete.split() if token not in ("on", "off", "webauthn")]
    return " ".join([*(tokens or ["username"]), "webauthn"])


def _unknown_passkey(
    request: HttpRequest, error: PasskeyError, credential: dict[str, Any]
) -> dict[str, str] | None:
    """UnknownCredentialOptions (WebAuthn L3, 5.1.10.2), if the browser may forget the passkey."""
    if not error.members.get("signal"):
        return None
    return {"rpId": get_relying_party(request).id, "credentialId": credential["id"]}


def _form_error(error: PasskeyError) -> ValidationError:
    """The form's own error, if its `confirm_login_allowed()` has refused the user."""
    cause = error.__cause__
    return (
        cause if isinstance(cause, ValidationError) else ValidationError(str(error.user_message), code=error.code)
    )


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
