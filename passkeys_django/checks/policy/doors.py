"""Does every door obey the policy: the middleware, the pages, the auth backends, and the login pages?"""

import inspect
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.views import LoginView
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from ...admin_site import PasskeyAdminSiteMixin
from ...backends import PolicyModelBackend
from ...check_ids import (
    POLICY_BYPASSED_BY_BACKEND,
    POLICY_LOGIN_WITHOUT_SECOND_STEP,
    POLICY_MIDDLEWARE_MISPLACED,
    POLICY_MIDDLEWARE_MISSING,
    POLICY_WITHOUT_PAGES,
)
from ...http.urls import reverse_or_none
from ...login import PasskeyLoginMixin
from ...middleware import PasskeyPolicyMiddleware
from ...sessions.admission import login_page
from ..admin_login import served_sites
from .setting import demands_anything, restricts_passwords

MIDDLEWARE = "passkeys_django.middleware.PasskeyPolicyMiddleware"
POLICY_BACKEND = "passkeys_django.backends.PolicyModelBackend"
_LET_NOBODY_IN = ("axes.", "guardian.", "rules.")
"""Packages whose backends take a name and a password, but return no user."""


def check_middleware(**_kwargs: Any) -> list[CheckMessage]:
    """The middleware is listed, and after the one that finds the session's user."""
    if not demands_anything():
        return []
    ours, auth = _positions(PasskeyPolicyMiddleware), _positions(AuthenticationMiddleware)
    if not ours:
        return [_middleware_missing()]
    return [_middleware_misplaced()] if auth and ours[0] < auth[0] else []


def _positions(wanted: type) -> list[int]:
    """Where MIDDLEWARE lists this class, or a subclass."""
    return [number for number, path in enumerate(settings.MIDDLEWARE) if _is_subclass(path, wanted)]


def _is_subclass(path: str, wanted: type) -> bool:
    try:
        found = import_string(path)
    except ImportError:  # Django reports this at the first request
        return False
    return isinstance(found, type) and issubclass(found, wanted)


def _middleware_missing() -> CheckMessage:
    return Error(
        "PASSKEY_POLICY holds only on some of the login pages: PasskeyPolicyMiddleware is not in MIDDLEWARE.",
        hint=f"Add {MIDDLEWARE!r} to MIDDLEWARE, after AuthenticationMiddleware.",
        id=POLICY_MIDDLEWARE_MISSING,
    )


def _middleware_misplaced() -> CheckMessage:
    return Error(
        "PasskeyPolicyMiddleware is listed before AuthenticationMiddleware.",
        hint=f"In MIDDLEWARE, list {MIDDLEWARE!r} after AuthenticationMiddleware.",
        id=POLICY_MIDDLEWARE_MISPLACED,
    )


def check_pages(**_kwargs: Any) -> list[CheckMessage]:
    """The pages exist on which people do what is due."""
    try:
        missing = demands_anything() and reverse_or_none("passkeys:required") is None
    except AttributeError:  # an entry of urlpatterns is not a path(): Django's own check names it (urls.E004)
        return []
    return [_without_pages()] if missing else []


def _without_pages() -> CheckMessage:
    return Error(
        "PASSKEY_POLICY asks people for more, but the pages for it are missing: such people are signed out.",
        hint="Add path('passkeys/', include('passkeys_django.urls')) to the urlpatterns, without a namespace.",
        id=POLICY_WITHOUT_PAGES,
    )


def check_backends(**_kwargs: Any) -> list[CheckMessage]:
    """No other backend takes a password that the policy restricts."""
    if not restricts_passwords():
        return []
    return [_bypassing(path) for path in settings.AUTHENTICATION_BACKENDS if _bypasses(path)]


def _bypasses(path: str) -> bool:
    if path.startswith(_LET_NOBODY_IN):
        return False
    try:
        backend = import_string(path)
    except ImportError:  # Django reports this at the first login
        return False
    if not isinstance(backend, type) or issubclass(backend, PolicyModelBackend):
        return False
    return _takes_passwords(backend)


def _takes_passwords(backend: Any) -> bool:
    """Does it accept name and password? The method of BaseBackend does, but finds nobody."""
    method = getattr(backend, "authenticate", BaseBackend.authenticate)
    if method is BaseBackend.authenticate:
        return False
    try:
        inspect.signature(method).bind(None, None, username="", password="")
    except TypeError:
        return False
    return True


def _bypassing(path: str) -> CheckMessage:
    return Warning(
        f"{path} takes every password, also where PASSKEY_POLICY asks for more. The middleware stops its "
        "sessions, but Basic authentication and views that issue tokens have none.",
        hint=f"In AUTHENTICATION_BACKENDS, list {POLICY_BACKEND!r} instead, or let your own backend extend it. If "
        "only login pages use this backend, as with django-allauth, silence this check.",
        id=POLICY_BYPASSED_BY_BACKEND,
    )


def check_logins(**_kwargs: Any) -> list[CheckMessage]:
    """The login pages ask for what is due. PolicyModelBackend refuses passwords to pages that do not ask.

    Without this backend, the middleware leads people to our page after the login.
    """
    if not demands_anything() or not any(
        _is_subclass(p, PolicyModelBackend) for p in settings.AUTHENTICATION_BACKENDS
    ):
        return []
    return list(_logins_that_do_not_ask())


def _logins_that_do_not_ask() -> Iterator[CheckMessage]:
    match = login_page()
    view = match and getattr(match.func, "view_class", None)
    if isinstance(view, type) and issubclass(view, LoginView) and not issubclass(view, PasskeyLoginMixin):
        yield _asks_nothing(
            f"The view of LOGIN_URL ({view.__module__}.{view.__qualname__})",
            "Use passkeys_django.login.PasskeyLoginView, or list PasskeyLoginMixin before LoginView.",
        )
    for site in served_sites():
        if not isinstance(site, PasskeyAdminSiteMixin):
            yield _admin_asks_nothing(site)


def _admin_asks_nothing(site: admin.AdminSite) -> CheckMessage:
    return _asks_nothing(
        f"The login page of the admin site {site.name!r}",
        "In INSTALLED_APPS, list 'passkeys_django.admin_config.PasskeyAdminConfig' in the place of "
        "'django.contrib.admin', or list PasskeyAdminSiteMixin before the other base classes of your site.",
    )


def _asks_nothing(what: str, hint: str) -> CheckMessage:
    return Warning(
        f"{what} does not ask for what PASSKEY_POLICY demands: there, PolicyModelBackend refuses the password of "
        "everybody who owes more.",
        hint=hint,
        id=POLICY_LOGIN_WITHOUT_SECOND_STEP,
    )
