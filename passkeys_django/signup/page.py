"""The page where people sign up with a passkey."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import TemplateView

from ..conf import passkey_settings
from ..exceptions import Throttled
from ..http import limits
from .forms import AddressForm, ConfirmedSignupForm, page_form
from .links import send_link


@method_decorator([login_not_required, never_cache, csrf_protect], name="dispatch")
class PasskeySignupView(TemplateView):
    """The sign-up page, if PASSKEY_SIGNUP_FORM is set. Your own template needs `{% passkey_signup_form form %}`.

    For a ConfirmedSignupForm, the page asks for an e-mail address first. Its answer is the same for every address.
    """

    template_name = "passkeys_django/signup.html"
    form_class: Any

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.form_class = passkey_settings.signup_form
        if self.form_class is None:
            raise Http404
        response = super().dispatch(request, *args, **kwargs)
        response["Referrer-Policy"] = "same-origin"  # other sites must not see the link
        return response

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponseBase:
        """Send the link."""
        if not issubclass(self.form_class, ConfirmedSignupForm):
            return self.http_method_not_allowed(request)
        form = AddressForm(request.POST)
        status = self._send(request, form) if form.is_valid() else HTTPStatus.OK
        return self.render_to_response(self.get_context_data(form=form), status=status)

    def _send(self, request: HttpRequest, form: AddressForm) -> int:
        address = form.cleaned_data["address"]
        try:
            limits.check("signup-link", request=request, recipient=address)
        except Throttled as error:
            form.add_error(None, str(error.user_message))
            return error.status
        send_link(request, address)
        form.is_sent = True
        return HTTPStatus.OK

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {
            "base_template": passkey_settings.base_template,
            "form": kwargs.get("form") or page_form(self.request, self.form_class),
            "login_url": resolve_url(settings.LOGIN_URL),
            **context,
        }
