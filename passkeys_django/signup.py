"""The form with which people sign up, if PASSKEY_SIGNUP_FORM names it: an account that has no password."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import UsernameField
from django.http import HttpRequest

UserModel: Any = get_user_model()


class PasskeySignupForm(forms.ModelForm):  # type: ignore[type-arg]  # of whatever user model
    """Asks for what the user model calls the username, which may be an e-mail address.

    A site's own asks for more fields in its `Meta`, checks them in `clean()`, and makes more of the user in
    `save()`, which runs in the transaction that stores the passkey. It is filled in at the start, checked there
    without saving anything, and checked again at the end (`is_final`), maybe ten minutes later.
    """

    is_final = False

    class Meta:
        model = UserModel
        fields = (UserModel.USERNAME_FIELD,)
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
