"""The admin's login page with passkeys."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse

from .ceremonies import apply_cookies
from .forms import PasskeyAdminAuthenticationForm, PasskeyFormMixin
from .http.transactions import non_atomic
from .sessions.opening import login_of_ours


class PasskeyAdminSiteMixin:
    """For a site's own AdminSite. List it before the others: `class Admin(PasskeyAdminSiteMixin, AdminSite)`.

    `login_form` may be any login form: it takes passkeys as if it inherited from PasskeyFormMixin.
    """

    login_form: type[AuthenticationForm] | None
    login_template: str | None = "passkeys_django/admin/login.html"

    @non_atomic
    @login_not_required  # an override hides the mark of Django's own method
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The login page, exempt from ATOMIC_REQUESTS, so that a used credential stays used."""
        self.login_form = _with_passkeys(self.login_form or PasskeyAdminAuthenticationForm)
        with login_of_ours(request):
            response: HttpResponse = super().login(request, extra_context)  # type: ignore[misc]
        return apply_cookies(request, response)


class PasskeyAdminSite(PasskeyAdminSiteMixin, AdminSite):
    """Django's own admin site, with a login page that takes passkeys."""


def take_passkeys(site: AdminSite) -> None:
    """Have the login page of this site take passkeys, whatever class the site has. Its own template stays."""
    if not isinstance(site, PasskeyAdminSiteMixin):
        template = site.login_template or PasskeyAdminSiteMixin.login_template
        site.__class__ = type(
            type(site).__name__, (PasskeyAdminSiteMixin, type(site)), {"login_template": template}
        )


def _with_passkeys(form: type[AuthenticationForm]) -> type[AuthenticationForm]:
    return form if issubclass(form, PasskeyFormMixin) else type(form.__name__, (PasskeyFormMixin, form), {})
