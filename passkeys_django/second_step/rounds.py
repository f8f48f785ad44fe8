"""A form in two rounds: first the password, then a passkey or a security key. The password is never sent again."""

import hashlib
from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.views.decorators.debug import sensitive_variables

from ..ceremonies import verify_second_step
from ..exceptions import CeremonyExpired, CeremonyNotFound, PasskeyError, SecondStepRequired
from ..http.request_body import read_json_text
from ..policy import Due, password_owes
from ..sessions.second_step import about, issue_token, user_of_token

FIELD, TOKEN = "passkey", "token"
"""The names of the fields; the script finds the first by its attribute `data-passkey-credential`."""
NEVER_SENT_AGAIN = ("password", "csrfmiddlewaretoken", FIELD, TOKEN)


class PasskeyInput(forms.HiddenInput):
    """A hidden field that never shows its value: a credential can be used only once."""

    def __init__(self) -> None:
        super().__init__({"data-passkey-credential": True})

    def format_value(self, value: Any) -> None:
        return None


class TwoRounds:
    """What a form with a field `password` needs for the second round.

    `second_step` is the token of the second round, if this round is to be shown now; else None. `sent_before` are
    the names and values that the page sends again.
    """

    fields: Any
    data: Any
    is_bound: bool
    add_prefix: Any
    request: HttpRequest | None
    second_step: str | None = None

    def _add_fields(self) -> None:
        self.fields[FIELD] = forms.Field(required=False, widget=PasskeyInput())
        if self.data.get(self.add_prefix(TOKEN)):
            self._add_token()

    def _add_token(self) -> None:
        """Only the second round has this field: the login page stays as it was."""
        self.fields[TOKEN] = forms.CharField(required=False, widget=forms.HiddenInput(), max_length=2000)

    def _filled(self) -> set[str]:
        """Which of the fields for credentials are filled."""
        return {name for name in (FIELD, TOKEN, "password") if self.data.get(self.add_prefix(name))}

    @property
    def is_second_round(self) -> bool:
        """Is there a token and no password? A password that somebody has typed begins a new first round."""
        return self.is_bound and TOKEN in self._filled() and "password" not in self._filled()

    @property
    def sent_before(self) -> list[tuple[str, str]]:
        left_out = {*NEVER_SENT_AGAIN, *map(self.add_prefix, NEVER_SENT_AGAIN)}
        pairs = self.data.lists() if isinstance(self.data, QueryDict) else [(n, [v]) for n, v in self.data.items()]
        return [(name, value) for name, values in pairs if name not in left_out for value in values]

    def _ask_for_second_step(self, user: AbstractBaseUser | None) -> None:
        """Call this when the password was right. Raises ValidationError if a second step is due."""
        if (
            user is None
            or self.request is None
            or password_owes(user, request=self.request) is not Due.SECOND_STEP
        ):
            return
        self._show_second_round(issue_token(self.request, user, about=self._digest()))
        raise ValidationError(str(SecondStepRequired.user_message), code=SecondStepRequired.code)

    @sensitive_variables()
    def _take_second_step(self) -> AbstractBaseUser:
        """The user, whose second step is verified. Raises PasskeyError.

        If only the step has failed, the second round is shown again.
        """
        if self.request is None:
            raise SecondStepRequired("the form has no request")
        token = self.data[self.add_prefix(TOKEN)]
        user = user_of_token(self.request, token)
        self._show_second_round(token)
        text = self.data.get(self.add_prefix(FIELD))
        if not text:
            raise SecondStepRequired("the second round was sent without a credential")
        verify_second_step(self.request, read_json_text(text), user=user)
        self.second_step = None
        return user

    def _show_second_round(self, token: str) -> None:
        """From now on the form shows the token, also in a template that knows nothing of a second round."""
        self.second_step = token
        self._add_token()
        self.data = self.data.copy()
        self.data[self.add_prefix(TOKEN)] = token

    def _was_checked_before(self) -> bool:
        """Are the other fields as the first round has found them? Some, such as a captcha, are right only once."""
        try:
            return about(self.data.get(self.add_prefix(TOKEN))) == self._digest()
        except (CeremonyExpired, CeremonyNotFound):
            return False

    def _digest(self) -> str:
        """A digest of the other values. The user's name is left out: the token itself says for whom it is."""
        name = self.add_prefix(getattr(self, "user_name_field", ""))
        compared = sorted(pair for pair in self.sent_before if pair[0] != name)
        return hashlib.sha256(repr(compared).encode()).hexdigest()[:32]


def form_error(error: PasskeyError) -> ValidationError:
    """The form's own error, if its `confirm_login_allowed()` has refused the user."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        return cause
    return ValidationError(str(error.user_message), code=error.code)
