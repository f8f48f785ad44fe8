"""What people fill in on the page `recover/`."""

from django import forms
from django.contrib.auth.forms import UsernameField
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from ..models import validate_printable

_NAME_MAX_LENGTH = 320
_CODE_MAX_LENGTH = 100
_PASSWORD_MAX_LENGTH = 4096
_whole_characters = RegexValidator(r"[\x00\ud800-\udfff]", validate_printable.message, inverse_match=True)


class CodeInput(forms.TextInput):
    """A field in which people see what they type, but which is empty when the form is shown again."""

    def format_value(self, value: object) -> None:
        return None


class RecoveryNameForm(forms.Form):
    """Asks whose account it is."""

    username = forms.CharField(
        label=_("User name or e-mail address"),
        max_length=_NAME_MAX_LENGTH,
        validators=[validate_printable],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "dir": "auto"}),
    )


class RecoveryCodeForm(forms.Form):
    """Asks for one of the codes that somebody has kept. Code and password are never shown again."""

    username = UsernameField(
        label=_("User name"),
        max_length=_NAME_MAX_LENGTH,
        validators=[validate_printable],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "dir": "auto"}),
    )
    code = forms.CharField(
        label=_("Recovery code"),
        max_length=_CODE_MAX_LENGTH,
        validators=[_whole_characters],
        widget=CodeInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        max_length=_PASSWORD_MAX_LENGTH,
        validators=[_whole_characters],
        help_text=_("Leave it empty if your account has no password."),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
