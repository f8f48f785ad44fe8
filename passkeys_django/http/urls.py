"""The addresses of pages, on sites that may not include them, where they lead, and the address in `next`."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, QueryDict
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch, Resolver404, ResolverMatch, get_script_prefix, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme


def reverse_or_none(name: str) -> str | None:
    """The path of this URL name. None on a site with views of its own, whose URLconf does not have the name."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def match_of(name: str) -> ResolverMatch | None:
    """Where the URL of this name leads to. None if nothing has the name, or no request reaches the URL."""
    try:
        return resolve(without_script_name(reverse(name)))
    except (NoReverseMatch, Resolver404, AttributeError):  # AttributeError: Django's own check names the entry
        return None


def without_script_name(path: str) -> str:
    """The path as the URLconf knows it. `reverse()` writes FORCE_SCRIPT_NAME before it, and so does LOGIN_URL."""
    return "/" + path.removeprefix(get_script_prefix())


def redirect_url(request: HttpRequest, source: QueryDict) -> str:
    """The URL in `next`, if it passes the checks of Django's LoginView, else LOGIN_REDIRECT_URL."""
    url = source.get(REDIRECT_FIELD_NAME, "")
    if url and url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        return url
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def with_next(page: str, url: str) -> str:
    """The address of this page of ours, which leads to `url` afterwards."""
    return f"{page}?{urlencode({REDIRECT_FIELD_NAME: url})}"
