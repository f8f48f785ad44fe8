"""The icons of passkey managers, served from here, so that a strict Content-Security-Policy allows them."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from ..frontend import manager_icons

WEEK = 7 * 24 * 3600
LOCKED = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For an SVG that somebody opens by itself: no script of it runs, and it loads nothing."""


@login_not_required  # the same for everybody
@require_safe
@cache_control(private=True, max_age=WEEK)  # private: the site's middleware may add the cookie of a session
def manager_icon(request: HttpRequest, aaguid: UUID, theme: str) -> HttpResponse:
    icon = manager_icons.manager_icon(aaguid, theme) if theme in manager_icons.THEMES else None
    if icon is None:
        raise Http404
    headers = {"Content-Security-Policy": LOCKED, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(icon.content, content_type=icon.content_type, headers=headers)
