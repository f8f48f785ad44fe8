"""The page where people sign up with a passkey."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from .conf import passkey_settings


@method_decorator([login_not_required, never_cache], name="dispatch")
class PasskeySignupView(TemplateView):
    """A page of sites with PASSKEY_SIGNUP_FORM. A template of your own has `{% passkey_signup_form form %}`."""

    template_name = "passkeys_django/signup.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if passkey_settings.signup_form is None:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form_class: Any = passkey_settings.signup_form
        return {
            "base_template": passkey_settings.base_template,
            "form": form_class(self.request),
            "login_url": resolve_url(settings.LOGIN_URL),
            **super().get_context_data(**kwargs),
        }
