"""For class-based views that ask people to confirm that it is them."""

from typing import Any

from .decorators import recently_authenticated


class RecentlyAuthenticatedMixin:
    """Works like the decorator `recently_authenticated`: `class Pay(RecentlyAuthenticatedMixin, View)`.

    List the mixin before the view. `max_age` is in seconds; None means PASSKEY_REAUTHENTICATION_AGE.
    """

    max_age: int | None = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view = super().as_view(**initkwargs)  # type: ignore[misc]
        max_age = initkwargs.get("max_age", cls.max_age)
        return recently_authenticated(max_age=max_age)(view)
