"""Django's LoginView with passkeys: `path("accounts/login/", PasskeyLoginView.as_view(), name="login")`."""

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpResponse

from .conf import passkey_settings
from .forms import PasskeyAuthenticationForm
from .sessions.opening import login_of_ours


class PasskeyLoginMixin:
    """For a site's own login view. List it before Django's: `class Login(PasskeyLoginMixin, LoginView)`.

    If the view has another form, add `PasskeyFormMixin` to this form. If the view has another template, add
    `{% passkey_login_button %}` to this template.
    """

    authentication_form: type[AuthenticationForm] | None = PasskeyAuthenticationForm
    template_name: str | None = "passkeys_django/login.html"

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in a user who has shown a password, even if somebody was signed in before."""
        with login_of_ours(self.request):  # type: ignore[attr-defined]
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        field: str = self.redirect_field_name  # type: ignore[attr-defined]
        ours = {"base_template": passkey_settings.base_template, "redirect_field_name": field}
        return {**ours, "next": context.get(field), **context}


class PasskeyLoginView(PasskeyLoginMixin, LoginView):
    """The login page: username and password as before, and a passkey by autofill or by the button."""
