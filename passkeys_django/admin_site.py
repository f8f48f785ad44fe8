"""The admin's login page with passkeys."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse

from .ceremonies import apply_cookies
from .forms import PasskeyAdminAuthenticationForm
from .http.transactions import non_atomic
from .sessions.opening import login_of_ours


class PasskeyAdminSiteMixin:
    """For a site's own AdminSite. List it before Django's: `class Admin(PasskeyAdminSiteMixin, AdminSite)`."""

    login_form: type[AuthenticationForm] | None = PasskeyAdminAuthenticationForm
    login_template: str | None = "passkeys_django/admin/login.html"

    @non_atomic
    @login_not_required  # an override hides the mark of Django's own method
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The login page, exempt from ATOMIC_REQUESTS, so that a used credential stays used."""
        with login_of_ours(request):
            response: HttpResponse = super().login(request, extra_context)  # type: ignore[misc]
        return apply_cookies(request, response)


class PasskeyAdminSite(PasskeyAdminSiteMixin, AdminSite):
    """Django's own admin site, with a login page that takes passkeys."""
