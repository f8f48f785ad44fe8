"""allauth's list of sessions (`allauth.usersessions`) follows a session that gets a new key."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth import app_settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


def listed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """If the view gives the session a new key, allauth lists it under this key, and forgets the old one."""

    @wraps(view)
    def following(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = request.session.session_key
        response = view(request, *args, **kwargs)
        if request.session.session_key != key:
            list_session(request)
        return response

    return following


def list_session(request: HttpRequest) -> None:
    """allauth lists the session of this request, if somebody is signed in."""
    if app_settings.USERSESSIONS_ENABLED and request.user.is_authenticated:
        from allauth.usersessions.models import UserSession

        UserSession.objects.create_from_request(request)
