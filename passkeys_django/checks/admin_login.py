"""The checks of the admin's login page, where the site has asked that it takes passkeys."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured
from django.template import Engine, TemplateDoesNotExist, TemplateSyntaxError
from django.template.base import Node, NodeList, Template
from django.template.loader_tags import IncludeNode
from django.urls import URLPattern, URLResolver, get_resolver

from ..admin_config import PasskeyAdminConfig
from ..admin_site import PasskeyAdminSiteMixin
from ..check_ids import ADMIN_LOGIN_WITHOUT_BUTTON, ADMIN_SITE_WITHOUT_PASSKEYS
from .base_template import extension_of, fillable_blocks

BUTTON = "passkey_login_button"
LOGIN_PAGE = "admin/login.html"


def check_admin_sites(**_kwargs: Any) -> list[CheckMessage]:
    """Every admin site in the URLconf takes passkeys, if PasskeyAdminConfig or PasskeyAdminSiteMixin is used."""
    sites = served_sites()
    is_wanted = any(map(_takes_passkeys, sites)) or _has_our_config()
    return [_without_passkeys(site) for site in sites if is_wanted and not _takes_passkeys(site)]


def check_admin_login_button(**_kwargs: Any) -> list[CheckMessage]:
    """The login page of an admin site that takes passkeys has the button."""
    return [_without_button(site) for site in served_sites() if _takes_passkeys(site) and not _has_button(site)]


def served_sites() -> list[admin.AdminSite]:
    """The admin sites whose own login page is in the URLconf, each once."""
    if not apps.is_installed("django.contrib.admin"):
        return []
    sites = (getattr(login.callback, "__self__", None) for login in _admin_logins(get_resolver()))
    return list({id(site): site for site in sites if isinstance(site, admin.AdminSite)}.values())


def _admin_logins(resolver: URLResolver) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _admin_logins(pattern)
        elif resolver.app_name == "admin" and getattr(pattern, "name", None) == "login":
            yield pattern


def _has_our_config() -> bool:
    return any(isinstance(config, PasskeyAdminConfig) for config in apps.get_app_configs())


def _takes_passkeys(site: admin.AdminSite) -> bool:
    return isinstance(site, PasskeyAdminSiteMixin)


def _without_passkeys(site: admin.AdminSite) -> CheckMessage:
    path = f"{type(site).__module__}.{type(site).__qualname__}"
    return Warning(
        f"Nobody can sign in with a passkey at the admin site {site.name!r} ({path}).",
        hint=_replaced_too_late(site) if site is admin.site and _has_our_config() else _is_another(site),
        id=ADMIN_SITE_WITHOUT_PASSKEYS,
    )


def _replaced_too_late(site: admin.AdminSite) -> str:
    config = apps.get_containing_app_config(type(site).__module__)
    app = repr(config.name) if config else "the app"
    return (
        f"In INSTALLED_APPS, list {app}, which replaces admin.site, before "
        "'passkeys_django.admin_config.PasskeyAdminConfig'."
    )


def _is_another(site: admin.AdminSite) -> str:
    return (
        f"List passkeys_django.admin_site.PasskeyAdminSiteMixin before the other base classes of "
        f"{type(site).__name__}, or silence this check if passwords are enough there."
    )


def _has_button(site: admin.AdminSite) -> bool:
    """Does the login page show the button, as far as its template tells? Where it does not tell: yes."""
    try:
        return _shows_button(Engine.get_default().get_template(site.login_template or LOGIN_PAGE))
    except (
        ImproperlyConfigured,
        TemplateDoesNotExist,
        TemplateSyntaxError,
    ):  # other checks, or the page, report it
        return True


def _shows_button(template: Template) -> bool:
    extension = extension_of(template)
    if extension is None:
        return _has_tag(template.nodelist)
    extends, parent = extension
    names = fillable_blocks(parent)
    shown = (block.nodelist for name, block in extends.blocks.items() if name in names)
    return any(map(_has_tag, shown)) or _shows_button(parent)


def _has_tag(nodes: NodeList) -> bool:
    return any(map(_is_button, nodes.get_nodes_by_type(Node)))


def _is_button(node: Node) -> bool:
    """Is this the button's tag, or an include of a template with the tag? An unknown template may have it."""
    if not isinstance(node, IncludeNode):
        return node.token is not None and node.token.contents.split()[:1] == [BUTTON]
    included = node.template.var
    return not isinstance(included, str) or BUTTON in Engine.get_default().get_template(included).source


def _without_button(site: admin.AdminSite) -> CheckMessage:
    own = site.login_template != PasskeyAdminSiteMixin.login_template
    template = (own and site.login_template) or LOGIN_PAGE
    return Warning(
        f"The login page of the admin site {site.name!r} does not show the button 'Sign in with a passkey'.",
        hint=f"Write {{% load passkeys %}}{{% {BUTTON} %}} into the template {template!r}, after the form.",
        id=ADMIN_LOGIN_WITHOUT_BUTTON,
    )
