"""Where people sign in or confirm that it is them, and the page to which they come back."""

from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, QueryDict
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch
from django.utils.http import url_has_allowed_host_and_scheme

from ..conf import passkey_settings
from ..http.problems import wants_json
from ..http.urls import redirect_url, reverse_or_none


def confirm_page() -> str | None:
    """PASSKEY_CONFIRM_URL, else our page "Confirm it's you"; None on a site that has neither."""
    own = passkey_settings.confirm_url
    return reverse_or_none("passkeys:confirm") if own is None else resolve_url(own)


METHOD = "method"
"""The parameter of the page "Confirm it's you" that says which method is wanted, if not any."""


def reauthentication_url(request: HttpRequest, *, method: str | None = None) -> str:
    """The URL of the page "Confirm it's you", which leads back to the page of this request."""
    back, page = way_back(request), confirm_page()
    return login_url(request, back) if page is None else _leading_back(request, page, back, method)


def login_url(request: HttpRequest, back: str) -> str:
    """The URL of the site's login page, which leads to the URL `back` after the login."""
    return _leading_back(request, resolve_url(settings.LOGIN_URL), back)


def login_url_or_none(request: HttpRequest) -> str | None:
    """Where to sign in and come back to this page; None if LOGIN_URL leads nowhere, as on a site of scripts."""
    try:
        return login_url(request, way_back(request))
    except NoReverseMatch:
        return None


def _leading_back(request: HttpRequest, page: str, back: str, method: str | None = None) -> str:
    """The URL of the page with `next` in its query. A page of another origin gets an absolute URL."""
    parts = urlsplit(page)
    query = QueryDict(parts.query, mutable=True)
    if method is not None:
        query[METHOD] = method
    query[REDIRECT_FIELD_NAME] = request.build_absolute_uri(back) if _is_elsewhere(request, parts) else back
    return parts._replace(query=query.urlencode()).geturl()


def _is_elsewhere(request: HttpRequest, parts: SplitResult) -> bool:
    return bool(parts.netloc) and (parts.scheme or request.scheme, parts.netloc) != (
        request.scheme,
        request.get_host(),
    )


def way_back(request: HttpRequest) -> str:
    """Where to return to: this page (GET, HEAD), the referring page (POST, scripts), else the list of passkeys.

    Nobody returns to the page "Confirm it's you", but to the page for which it asked: a login confirms as well.
    """
    if request.method in ("GET", "HEAD") and not wants_json(request):
        return request.get_full_path()
    page = _referring_page(request)
    if page and urlsplit(page).path == reverse_or_none("passkeys:confirm"):
        return redirect_url(request, QueryDict(urlsplit(page).query))
    return page or reverse_or_none("passkeys:list") or request.get_full_path()


def _referring_page(request: HttpRequest) -> str | None:
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return None
    return urlsplit(referer)._replace(scheme="", netloc="", fragment="").geturl()
