"""allauth's list of sessions (`allauth.usersessions`) follows a session that gets a new key."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from allauth import app_settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


def listed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """If the view gives the session a new key, allauth lists it under this key, and forgets the old one."""

    @wraps(view)
    def following(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with followed(request):
            return view(request, *args, **kwargs)

    return following


@contextmanager
def followed(request: HttpRequest) -> Iterator[None]:
    """The same as `listed`, for the code inside."""
    key = request.session.session_key
    yield
    if request.session.session_key != key and request.user.is_authenticated:
        list_session(request)


def list_session(request: HttpRequest, **_kwargs: Any) -> None:
    """Receiver of `released`: allauth lists the session, which has a new key, if it lists sessions."""
    if app_settings.USERSESSIONS_ENABLED:
        from allauth.usersessions.models import UserSession

        UserSession.objects.create_from_request(request)
