"""Opening a session for somebody who has just shown a credential, and ending a session."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth import login, logout
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from .authentication import OURS
from .impersonation import AUTHENTICATION


def open_session(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Sign in somebody who has just shown a credential, always with a new session key."""
    with login_of_ours(request):
        login(request, user)  # type: ignore[arg-type]  # any user model will do


@contextmanager
def login_of_ours(request: HttpRequest) -> Iterator[None]:
    """Inside, `login()` counts as an authentication of its user, even if somebody was signed in before.

    The session gets a new key: `login()` alone keeps the key if the same user was signed in before.
    """
    key, record = request.session.session_key, request.session.get(AUTHENTICATION)
    setattr(request, OURS, True)
    try:
        yield
    finally:
        vars(request).pop(OURS, None)
    if request.session.get(AUTHENTICATION) == record:
        return  # nobody has logged in
    forget_user_read_before(request)
    if key is not None and request.session.session_key == key:
        request.session.cycle_key()


def end_session(request: HttpRequest) -> None:
    """Sign out."""
    logout(request)
    forget_user_read_before(request)


def forget_user_read_before(request: HttpRequest) -> None:
    """Until Django 6.1, `login()` and `logout()` do not reset the user that `request.auser()` has cached."""
    vars(request).pop("_acached_user", None)
