"""Django's LoginView with passkeys: `path("accounts/login/", PasskeyLoginView.as_view(), name="login")`."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from .ceremonies import apply_cookies
from .conf import passkey_settings
from .forms import PasskeyAuthenticationForm
from .http.transactions import atomic_request, non_atomic
from .policy import wants_passkeys
from .second_step.page import TEMPLATE, second_step_page
from .sessions.opening import login_of_ours
from .sessions.second_step import remember_browser


class PasskeyLoginMixin:
    """For a site's own login view. List it before Django's: `class Login(PasskeyLoginMixin, LoginView)`.

    A login by passkey is a post of the same form. So the view's `form_valid()`, `get_success_url()`, `next_page`
    and decorators hold for passkeys too.

    If the view has another form, add `PasskeyFormMixin` to this form. If the view has another template, add
    `{% passkey_login_button %}` to this template.

    The view is exempt from ATOMIC_REQUESTS, so that a used credential stays used. Only `form_valid()` runs in a
    transaction there.
    """

    authentication_form: type[AuthenticationForm] | None = PasskeyAuthenticationForm
    template_name: str | None = "passkeys_django/login.html"
    second_step_template: str = TEMPLATE
    """The page of the second round, which includes `passkeys_django/second_step_form.html`."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        view: Callable[..., HttpResponseBase] = super().as_view(**initkwargs)  # type: ignore[misc]
        return non_atomic(view)

    @login_not_required  # an override hides the mark of Django's own method
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        remember_browser(request, response)
        return apply_cookies(request, response)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """With ATOMIC_REQUESTS, `form_valid()` runs in a transaction, and so does what a subclass adds to it."""
        self.form_valid = atomic_request()(self.form_valid)  # type: ignore[method-assign]
        response: HttpResponse = super().post(request, *args, **kwargs)  # type: ignore[misc]
        return response

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Sign in a user who has shown a passkey or a password, even if somebody was signed in before."""
        with login_of_ours(self.request):  # type: ignore[attr-defined]
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """After the right password, show the second step if one is due. The template of the login page stays."""
        if getattr(form, "second_step", None) is None:
            response: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
            return response
        template = self.second_step_template
        return second_step_page(self.request, form, template=template)  # type: ignore[attr-defined]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        field: str = self.redirect_field_name  # type: ignore[attr-defined]
        ours = {
            "base_template": passkey_settings.base_template,
            "redirect_field_name": field,
            "wants_passkeys": wants_passkeys(),
        }
        return {**ours, "next": context.get(field), **context}


class PasskeyLoginView(PasskeyLoginMixin, LoginView):
    """The login page: username and password as before, and a passkey by autofill or by the button."""
