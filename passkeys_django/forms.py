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
from .exceptions import CeremonyNotFound, PasskeyError
from .http.request_body import read_json_text
from .policy import wants_passkeys
from .relying_party import get_relying_party
from .second_step.rounds import FIELD, TOKEN, TwoRounds, form_error
from .sessions.admission import ask
from .sessions.second_step import asking_second_step


class PasskeyFormMixin(TwoRounds):
    """For a site's own form. List it before Django's: `class LoginForm(PasskeyFormMixin, AuthenticationForm)`.

    The form gets a hidden field `passkey`, into which the script writes the credential as JSON. If the field is
    filled and the password is empty, the passkey's user logs in: name and password need not be filled. The form's
    other fields, its `clean()` and its `confirm_login_allowed()` hold for passkeys too. The user's name is in
    `cleaned_data`. A refusal is an error of the form.

    If PASSKEY_POLICY asks for a second step after the password, the form is not valid yet: it has the error
    `second_step_required`, and `second_step` is a token. A second round of the same form, with the token and the
    credential but without the password, is valid. `asks_second_step = False` leaves this to the middleware.
    """

    asks_second_step = True
    errors: Any
    cleaned_data: dict[str, Any]
    user_cache: Any
    _unknown: dict[str, str] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._add_fields()
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
        if self.is_second_round:
            self._forgive_what_was_checked_before()
        if self._needs_no_password() and not self.errors:
            self._log_in()
        with asking_second_step(self.request if self.asks_second_step else None):
            cleaned = super().clean()  # type: ignore[misc]
        if not self._needs_no_password() and self.asks_second_step and not self.errors:
            self._end_first_round()
        return cleaned

    def _end_first_round(self) -> None:
        user, self.user_cache = self.user_cache, None
        self._ask_for_second_step(user)
        self.user_cache = user

    def _needs_no_password(self) -> bool:
        """Is there a passkey and no password? A password that somebody has typed wins over a stale passkey."""
        return self.is_second_round or (self.is_bound and self._filled() == {FIELD})

    def _forgive_what_was_checked_before(self) -> None:
        if self._was_checked_before():
            for name in self.errors.keys() - {self.user_name_field, "password", FIELD, TOKEN}:
                del self.errors[name]

    @contextmanager
    def _without_password(self) -> Iterator[None]:
        """With a passkey, name and password may be empty. A form that is shown again requires them as before."""
        names = {self.user_name_field, "password"} & set(self.fields) if self._needs_no_password() else set()
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
        if self._needs_no_password():
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
        try:
            self.user_cache = self._second_step_user() if self.is_second_round else self._passkey_user()
        except PasskeyError as exc:
            raise form_error(exc) from exc
        self.cleaned_data[self.user_name_field] = self.user_cache.get_username()

    @sensitive_variables()
    def _passkey_user(self) -> AbstractBaseUser:
        request: Any = self.request
        credential: dict[str, Any] = {}
        try:
            credential = read_json_text(self.cleaned_data[FIELD])
            return verify_login(request, credential, admit=self._admit).user
        except PasskeyError as exc:
            self._unknown = _unknown_passkey(request, exc, credential)
            raise

    def _second_step_user(self) -> AbstractBaseUser:
        user = self._take_second_step()
        self._admit(self.request, user)
        return user

    def get_invalid_login_error(self) -> ValidationError:
        """For a wrong name or password. Where a password may not be enough, everybody is told of passkeys."""
        error: ValidationError = super().get_invalid_login_error()  # type: ignore[misc]
        return ValidationError([error, str(_("If you have a passkey, use it."))]) if wants_passkeys() else error

    def _admit(self, _request: HttpRequest | None, user: AbstractBaseUser) -> None:
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


class PasswordConfirmationForm(TwoRounds, forms.Form):
    """Asks the signed-in `user` for their password, and in a second round for the second step, if one is due.

    If the form is valid, `confirmed` is the user that `authenticate()` returned.
    """

    request: HttpRequest
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
        self._add_fields()
        self.fields["password"].required = not self.is_second_round

    @sensitive_variables("password")
    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if self.is_second_round:
            return password
        with asking_second_step(self.request):
            confirmed = authenticate(self.request, username=self.user.get_username(), password=password)
        if confirmed is None or confirmed.pk != self.user.pk:
            raise forms.ValidationError(_("This password is not right. Please try again."))
        self.confirmed = confirmed
        return password

    def clean(self) -> None:
        if self.errors:
            return
        if not self.is_second_round:
            self._ask_for_second_step(self.confirmed)
            return
        try:
            self.confirmed = self._take_second_step()
        except PasskeyError as exc:
            raise form_error(exc) from exc
        if self.confirmed.pk != self.user.pk:
            raise forms.ValidationError(str(CeremonyNotFound.user_message))

    def passkey_config(self) -> dict[str, Any]:
        """What the script must know in the second round. In the first one, a passkey confirms by the endpoints."""
        return {"form": {"field": FIELD, "action": self.request.get_full_path()}}
