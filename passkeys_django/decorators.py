"""For views that ask people to confirm that it is them. docs/confirm.md shows how."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, overload

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest

from .sessions.authentication import wanted_strength
from .sessions.reauthentication import refuse_unless_recent

View = TypeVar("View", bound=Callable[..., Any])


@overload
def recently_authenticated(view: View) -> View: ...
@overload
def recently_authenticated(*, max_age: int | None = None, method: str | None = None) -> Callable[[View], View]: ...
def recently_authenticated(view: Any = None, *, max_age: int | None = None, method: str | None = None) -> Any:
    """Allow only users who authenticated within `max_age` seconds (default: PASSKEY_REAUTHENTICATION_AGE).

    Other users are sent to the page "Confirm it's you" and returned; anonymous visitors are sent to the login page
    and returned. A script that prefers JSON gets the problem `reauthentication_required` or `not_authenticated`.
    The decorator accepts async views too.

    With `method="passkey"`, a password alone is not enough: the login must have strength 2, by a passkey with user
    verification, or by a password with a second step. Raises ValueError for any other method.
    """
    wanted_strength(method)  # a mistake is told when the site starts

    def decorate(view: Any) -> Any:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            return refuse_unless_recent(request, max_age=max_age, method=method) or view(request, *args, **kwargs)

        @wraps(view)
        async def guarded_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refusal = await sync_to_async(refuse_unless_recent)(request, max_age=max_age, method=method)
            return refusal or await view(request, *args, **kwargs)

        return guarded_async if iscoroutinefunction(view) else guarded

    return decorate if view is None else decorate(view)
