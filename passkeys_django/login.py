"""Django's LoginView with passkeys: `path("accounts/login/", PasskeyLoginView.as_view(), name="login")`."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView

from .conf import passkey_settings
from .forms import PasskeyAuthenticationForm


class PasskeyLoginMixin:
    """For a login view of the site's own, before Django's: `class Login(PasskeyLoginMixin, LoginView)`.

    With another form, add `PasskeyFormMixin` to that; with another template, `{% passkey_login_button %}`.
    """

    authentication_form: type[AuthenticationForm] | None = PasskeyAuthenticationForm
    template_name: str | None = "passkeys_django/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        field: str = self.redirect_field_name  # type: ignore[attr-defined]
        ours = {"base_template": passkey_settings.base_template, "redirect_field_name": field}
        return {**ours, "next": context.get(field), **context}


class PasskeyLoginView(PasskeyLoginMixin, LoginView):
    """The login page: username and password as before, and a passkey by autofill or by the button."""
