"""The forms with which people sign up, if PASSKEY_SIGNUP_FORM names one: an account that has no password."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import UsernameField
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .signup_links import find_account, read_token

UserModel: Any = get_user_model()
ADDRESS_FIELD: str = UserModel.get_email_field_name()


class PasskeySignupForm(forms.ModelForm):  # type: ignore[type-arg]  # of whatever user model
    """Asks for what the user model calls the username, which may be an e-mail address.

    A site's own asks for more fields in its `Meta`, checks them in `clean()`, and makes more of the user in
    `save()`, which runs in the transaction that stores the passkey. It is filled in at the start, checked there
    without saving anything, and checked again at the end (`is_final`), maybe ten minutes later.
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
        """As Django's UserCreationForm: a name that differs in case only is taken too."""
        cleaned = super().clean()
        self._check_free(UserModel.USERNAME_FIELD)
        return cleaned

    def _check_free(self, name: str) -> None:
        value = self.cleaned_data.get(name)
        if value and UserModel._default_manager.filter(**{f"{name}__iexact": value}).exists():
            self.add_error(name, self.instance.unique_error_message(UserModel, (name,)))

    def save(self, commit: bool = True) -> AbstractBaseUser:
        self.instance.set_unusable_password()
        user: AbstractBaseUser = super().save(commit)
        return user


class ConfirmedSignupForm(PasskeySignupForm):
    """For people who have shown that an e-mail address is theirs: they have come by the link that was sent there.

    Only they hear whether it has an account. Filled in are the link's token and, where that is something else, the
    username.
    """

    token = forms.CharField(widget=forms.HiddenInput)

    class Meta(PasskeySignupForm.Meta):
        fields = tuple(name for name in PasskeySignupForm.Meta.fields if name != ADDRESS_FIELD)

    @property
    def address(self) -> str | None:
        """Whose account it will be, for the page to show."""
        return read_token(self.initial.get("token", ""))

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"]
        address = read_token(token)
        if address is None:
            raise forms.ValidationError(_("This link is too old. Please ask for a new one."), code="expired")
        if find_account(address) is not None:
            raise forms.ValidationError(_("You have an account with this address already."), code="taken")
        setattr(self.instance, ADDRESS_FIELD, address)
        return token

    def clean(self) -> dict[str, Any] | None:
        """Without a link that is good, nobody hears which names are taken."""
        return super().clean() if "token" in self.cleaned_data else None


class AddressForm(forms.Form):
    """Asks for the e-mail address to which the link goes. `is_sent`: it is on its way."""

    asks_for_address, is_sent = True, False

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["address"] = UserModel._meta.get_field(ADDRESS_FIELD).formfield(required=True)
        self.fields["address"].widget.attrs["autocomplete"] = "email"


def page_form(request: HttpRequest, form_class: type[PasskeySignupForm]) -> forms.BaseForm:
    """What the page asks for: the form, or first the address."""
    if not issubclass(form_class, ConfirmedSignupForm):
        return form_class(request)
    token = request.GET.get("token", "")
    return form_class(request, initial={"token": token}) if read_token(token) else AddressForm()
