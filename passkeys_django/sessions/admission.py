"""The rule of the site's own login page: which users may log in. A login by passkey elsewhere obeys this rule."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, ResolverMatch, get_urlconf, resolve
from django.utils.translation import get_language

from ..exceptions import LoginFailed
from ..http.urls import without_script_name


def confirm_login_allowed(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Ask `confirm_login_allowed()` of the form of the view that LOGIN_URL leads to, if there is such a form.

    Raises LoginFailed with the form's own message.
    """
    form = _login_form(request, user)
    if form is not None:
        ask(form.confirm_login_allowed, user)


def ask(confirm: Any, user: AbstractBaseUser) -> None:
    """Call a form's `confirm_login_allowed()`. Raises LoginFailed, whose cause is the form's ValidationError."""
    try:
        confirm(user)
    except ValidationError as exc:
        raise LoginFailed(
            "the login form does not allow this user", user_message=" ".join(map(str, exc.messages))
        ) from exc


def _login_form(request: HttpRequest, user: AbstractBaseUser) -> Any:
    """The form as its view makes it. None outside of this site, and if the form cannot refuse this user."""
    match = login_page()
    if match is None:
        return None
    view_class: Any = getattr(match.func, "view_class", None)
    if hasattr(view_class, "get_form_class"):
        view = view_class(**match.func.view_initkwargs)  # type: ignore[attr-defined]
        view.setup(request, *match.args, **match.kwargs)
        form_class = view.get_form_class()
        return form_class(**view.get_form_kwargs()) if _can_refuse(form_class, user) else None
    site: Any = getattr(match.func, "__self__", None)  # an AdminSite
    return (site.login_form or AdminAuthenticationForm)(request) if hasattr(site, "login_form") else None


def _can_refuse(form_class: Any, user: Any) -> bool:
    """Django's own rule asks only for `is_active`. A form takes long to make, and every login comes here."""
    rule = getattr(form_class, "confirm_login_allowed", None)
    if rule is AuthenticationForm.confirm_login_allowed:
        return not user.is_active
    return rule is not None


def login_page() -> ResolverMatch | None:
    """Where LOGIN_URL leads to. None outside of this site."""
    try:
        url = urlsplit(resolve_url(settings.LOGIN_URL))
    except NoReverseMatch:
        return None
    path = without_script_name(url.path)
    return None if url.netloc else _page_at(path, get_urlconf() or settings.ROOT_URLCONF, get_language())


@lru_cache(maxsize=128)  # every login asks, and a path that leads nowhere is slow to resolve
def _page_at(path: str, urlconf: Any, language: str | None) -> ResolverMatch | None:
    """Without the language of `i18n_patterns` or the last slash, Django's middleware still leads there."""
    paths = [prefix + path + slash for prefix in ("", f"/{language}") for slash in ("", "/")]
    return next(filter(None, (_view_at(path, urlconf) for path in paths)), None)


def _view_at(path: str, urlconf: Any) -> ResolverMatch | None:
    try:
        return resolve(path, urlconf)
    except Resolver404:
        return None
