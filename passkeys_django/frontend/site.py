"""What the frame of our pages says of the site around them."""

from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve
from django.utils.translation import get_language

from ..conf import passkey_settings
from ..http.urls import without_script_name


class Site(NamedTuple):
    """The site's name for people, and the way back to its pages; each is empty if nothing says it."""

    name: str
    url: str


def site_of(request: HttpRequest | None) -> Site:
    """The name is PASSKEY_RP_NAME, else the RP ID, else the host of the request."""
    host = "" if request is None else split_domain_port(request.get_host())[0]
    return Site(passkey_settings.rp_name or passkey_settings.rp_id or host, _way_back())


def _way_back() -> str:
    """The first page of the site, else LOGIN_REDIRECT_URL, whose default leads to no page on many sites.

    With `i18n_patterns`, the first page has the language in its address.
    """
    root = get_script_prefix()
    candidates = (root, f"{root}{get_language()}/", _after_login())
    return next((url for url in candidates if _has_page(url)), "")


def _after_login() -> str:
    """LOGIN_REDIRECT_URL; empty if it is a name that no URL has, since a site may never use it."""
    try:
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    except NoReverseMatch:
        return ""


def _has_page(url: str) -> bool:
    try:
        resolve(without_script_name(url.partition("?")[0]))
    except Resolver404:
        return False
    return True
