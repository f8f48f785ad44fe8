"""The login page of Wagtail's admin, with passkeys."""

from django import forms
from wagtail.admin.forms.auth import LoginForm as OriginalForm
from wagtail.admin.views.account import LoginView

from ...login import PasskeyLoginMixin
from .forms import LoginForm


class WagtailLoginView(PasskeyLoginMixin, LoginView):
    """Wagtail's own login view: "Remember me", its templates and its settings hold for passkeys too.

    Mount the view above `include(wagtailadmin_urls)`, at the path of Wagtail's login page.
    """

    template_name = "passkeys_django/wagtail/login.html"
    second_step_template = "passkeys_django/wagtail/second_step.html"

    def get_form_class(self) -> type[forms.Form]:
        """The form that WAGTAILADMIN_USER_LOGIN_FORM names, else ours in place of Wagtail's."""
        form: type[forms.Form] = super().get_form_class()
        return LoginForm if form is OriginalForm else form
