"""The forms for signing up, which a site names in PASSKEY_SIGNUP_FORM. The new account has no password."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import UsernameField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .links import read_token
from .names import are_kept, as_the_model_has_it, find_account, names_of, normalized

UserModel: Any = get_user_model()
ADDRESS_FIELD: str = UserModel.get_email_field_name()


class PasskeySignupForm(forms.ModelForm):  # type: ignore[type-arg]  # for any user model
    """Asks for the field that the user model uses as username, which may be an e-mail address.

    A subclass may ask for more fields in its `Meta`, check them in `clean()`, and set more on the user in
    `save()`, which runs in the transaction that stores the passkey. The form is checked at the start of a sign-up,
    without saving anything, and again at its end (`is_final`), which may be ten minutes later.
    """

    is_final = False

    class Meta:
        model = UserModel
        fields: tuple[str, ...] = (UserModel.USERNAME_FIELD,)
        field_classes = {"username": UsernameField}

    def __init__(self, request: HttpRequest | None = None, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.request = request
        if field := self.fields.get(UserModel.USERNAME_FIELD):
            field.widget.attrs["autocomplete"] = "username"

    def clean(self) -> dict[str, Any] | None:
        """Normalize name and address. After `super().clean()`, a subclass sees the normalized values."""
        super().clean()
        for name in {UserModel.USERNAME_FIELD, ADDRESS_FIELD} & self.cleaned_data.keys():
            try:
                self.cleaned_data[name] = self._normalized(name)
            except forms.ValidationError as error:
                self.add_error(name, error)
        return self.cleaned_data

    def _normalized(self, name: str) -> Any:
        typed = self.cleaned_data[name]
        value = normalized(name, typed)
        return typed if value == typed else self.fields[name].clean(value)

    def validate_unique(self) -> None:
        """Refuse a name that differs from an existing name only in case, as Django's UserCreationForm does.

        Django calls this after the model's `clean()`, so `instance` has the name that will be stored.
        """
        super().validate_unique()
        name = UserModel.USERNAME_FIELD
        if name in self.cleaned_data and find_account(name, getattr(self.instance, name)) is not None:
            self.add_error(name, self.instance.unique_error_message(UserModel, (name,)))

    def save(self, commit: bool = True) -> AbstractBaseUser:
        self.instance.set_unusable_password()
        user: AbstractBaseUser = super().save(commit)
        return user


class ConfirmedSignupForm(PasskeySignupForm):
    """For people who have proved that an e-mail address is theirs: they opened the link that was sent there.

    Only these people learn whether the address has an account. The form has the link's token and, if the username
    is not the address, the username.
    """

    token = forms.CharField(widget=forms.HiddenInput)

    class Meta(PasskeySignupForm.Meta):
        fields = tuple(name for name in PasskeySignupForm.Meta.fields if name != ADDRESS_FIELD)

    @property
    def address(self) -> str | None:
        """The e-mail address of the new account, which the page shows."""
        return read_token(self.initial.get("token", ""))

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"]
        address = read_token(token)
        if address is None:
            raise self._expired()
        if find_account(ADDRESS_FIELD, address) is not None:
            raise forms.ValidationError(
                _("You have an account with this address already. Please sign in."), code="taken"
            )
        setattr(self.instance, ADDRESS_FIELD, address)
        return token

    def clean(self) -> dict[str, Any] | None:
        """Without a valid link, check nothing else, so that nobody learns which names are taken."""
        return super().clean() if "token" in self.cleaned_data else None

    def validate_unique(self) -> None:
        """Refuse an account that would not have the address that the link was sent to."""
        super().validate_unique()
        sent_to = {ADDRESS_FIELD: read_token(self.cleaned_data["token"])}
        if not are_kept(sent_to, names_of(self.instance)):
            self.add_error("token", self._expired())

    @staticmethod
    def _expired() -> forms.ValidationError:
        return forms.ValidationError(_("This link is too old. Please ask for a new one."), code="expired")


class AddressForm(forms.Form):
    """Asks for the e-mail address to which the link goes. `is_sent`: the link was sent."""

    asks_for_address, is_sent = True, False

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["address"] = UserModel._meta.get_field(ADDRESS_FIELD).formfield(required=True)
        self.fields["address"].widget.attrs["autocomplete"] = "email"

    def clean_address(self) -> Any:
        """The address as the account would store it. The link is sent to this address, and proves this address."""
        address = as_the_model_has_it(ADDRESS_FIELD, self.cleaned_data["address"])
        return self.fields["address"].clean(address)


def page_form(request: HttpRequest, form_class: type[PasskeySignupForm]) -> forms.BaseForm:
    """The form that the page shows: the sign-up form, or first the one for the address."""
    if not issubclass(form_class, ConfirmedSignupForm):
        return form_class(request)
    token = request.GET.get("token", "")
    return form_class(request, initial={"token": token}) if read_token(token) else AddressForm()
