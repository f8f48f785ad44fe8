"""For class-based views that ask people to confirm that it is them."""

from typing import Any

from .decorators import recently_authenticated


class RecentlyAuthenticatedMixin:
    """Works like the decorator `recently_authenticated`: `class Pay(RecentlyAuthenticatedMixin, View)`.

    List the mixin before the view. `max_age` is in seconds; None means PASSKEY_REAUTHENTICATION_AGE. With the
    `method` "passkey", a password alone is not enough.
    """

    max_age: int | None = None
    method: str | None = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view = super().as_view(**initkwargs)  # type: ignore[misc]
        max_age = initkwargs.get("max_age", cls.max_age)
        method = initkwargs.get("method", cls.method)
        return recently_authenticated(max_age=max_age, method=method)(view)
