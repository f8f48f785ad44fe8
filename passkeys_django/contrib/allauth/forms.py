"""allauth's login form with passkeys:

ACCOUNT_FORMS = {"login": "passkeys_django.contrib.allauth.forms.LoginForm"}
"""

from typing import Any

from allauth.account import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

from ... import forms as passkey_forms
from ...ceremonies import apply_cookies
from .login import log_in, remember


class PasskeyFormMixin(passkey_forms.PasskeyFormMixin):
    """For a site's own login form: `class LoginForm(PasskeyFormMixin, allauth.account.forms.LoginForm)`."""

    asks_second_step = False  # allauth opens the session itself: the middleware asks afterwards
    user_cache: Any = None

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        """A site's own rule for its form raises ValidationError. allauth's rules come later: hooks and stages."""

    def _clean_without_password(self, email: str | None, phone: str | None) -> Any:
        """allauth sends a code to people without a password, but not to somebody with a passkey."""
        if self.user_cache is None:
            return super()._clean_without_password(email, phone)  # type: ignore[misc]
        self.user = self.user_cache
        return self.cleaned_data

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        if self.user_cache is None:
            response: HttpResponse = super().login(request, redirect_url)  # type: ignore[misc]
            return response
        response = log_in(request, self.user_cache, redirect_url=redirect_url)
        remember(request, bool(self.cleaned_data.get("remember")))
        return apply_cookies(request, response)


class LoginForm(PasskeyFormMixin, forms.LoginForm):  # type: ignore[misc]  # allauth has no types
    """allauth's login form, which also takes a passkey."""
