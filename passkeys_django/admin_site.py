"""The admin's login page with passkeys."""

from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from .ceremonies import apply_cookies
from .forms import PasskeyAdminAuthenticationForm, PasskeyFormMixin
from .http.transactions import non_atomic
from .second_step.page import second_step_page
from .sessions.opening import login_of_ours
from .sessions.second_step import remember_browser


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
        response = self._second_step_of(request, response)
        remember_browser(request, response)
        return apply_cookies(request, response)

    def _second_step_of(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """The page of the second step in place of the login page, if one is due after the right password."""
        context = getattr(response, "context_data", None) or {}
        form = context.get("form")
        if getattr(form, "second_step", None) is None:
            return response
        # django-jazzmin shows its menus to everybody, except in windows that the admin has opened.
        values = {"title": _("One more step"), "is_popup": apps.is_installed("jazzmin")}
        values = {**self.each_context(request), **values}  # type: ignore[attr-defined]
        return second_step_page(request, form, template="passkeys_django/admin/second_step.html", **values)


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
