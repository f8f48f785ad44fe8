"""`manage.py check` says if passkeys do not reach Wagtail's admin, and what to write instead."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import ResolverMatch, reverse

from ...check_ids import WAGTAIL_FORM_PLAIN, WAGTAIL_LOGIN_PLAIN, WAGTAIL_MISSING
from ...http.urls import match_of, without_script_name


def check_wagtail(**_kwargs: Any) -> list[CheckMessage]:
    """Wagtail's admin is in INSTALLED_APPS."""
    if apps.is_installed("wagtail.admin"):
        return []
    return [
        Error(
            "passkeys_django.contrib.wagtail is in INSTALLED_APPS, but Wagtail's admin is not.",
            hint="Add 'wagtail.admin' to INSTALLED_APPS, or remove 'passkeys_django.contrib.wagtail'.",
            id=WAGTAIL_MISSING,
        )
    ]


def check_login_page(**_kwargs: Any) -> list[CheckMessage]:
    """The login page of Wagtail's admin is our view, and its form takes passkeys."""
    match = _login_page()
    if match is None:
        return []
    from .login import WagtailLoginView

    view = getattr(match.func, "view_class", None)
    if view is None or not issubclass(view, WagtailLoginView):
        return [_plain_page()]
    return _check_form(view())


def _login_page() -> ResolverMatch | None:
    """Where Wagtail's login page is. None if the site has a login page of its own, or no URLs of Wagtail."""
    if not apps.is_installed("wagtail.admin") or hasattr(settings, "WAGTAILADMIN_LOGIN_URL"):
        return None
    return match_of("wagtailadmin_login")


def _plain_page() -> CheckMessage:
    path = without_script_name(reverse("wagtailadmin_login")).removeprefix("/")  # as urls.py has it
    return Warning(
        "The login page of Wagtail's admin does not accept passkeys.",
        hint="In urls.py, import WagtailLoginView from passkeys_django.contrib.wagtail.login, and above "
        f"include(wagtailadmin_urls) write: path({path!r}, WagtailLoginView.as_view()).",
        id=WAGTAIL_LOGIN_PLAIN,
    )


def _check_form(view: Any) -> list[CheckMessage]:
    from .forms import LoginForm

    if issubclass(view.get_form_class(), LoginForm):
        return []
    return [
        Warning(
            "The form in WAGTAILADMIN_USER_LOGIN_FORM does not accept passkeys.",
            hint="Let the form inherit from passkeys_django.contrib.wagtail.forms.LoginForm instead of Wagtail's.",
            id=WAGTAIL_FORM_PLAIN,
        )
    ]


ALL = (check_wagtail, check_login_page)
