"""Opening a session for somebody who has just shown a credential, and ending a session."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth import SESSION_KEY, login, logout
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from .authentication import OURS


def open_session(request: HttpRequest, user: AbstractBaseUser) -> None:
    """Sign in somebody who has just shown a credential, always with a new session key.

    `login()` alone keeps the session key if the same user was signed in before.
    """
    was_signed_in = SESSION_KEY in request.session
    with login_of_ours(request):
        login(request, user)  # type: ignore[arg-type]  # any user model will do
    _forget_user_read_before(request)
    if was_signed_in:
        request.session.cycle_key()


@contextmanager
def login_of_ours(request: HttpRequest) -> Iterator[None]:
    """Inside, `login()` counts as an authentication of its user, even if somebody was signed in before."""
    setattr(request, OURS, True)
    try:
        yield
    finally:
        vars(request).pop(OURS, None)


def end_session(request: HttpRequest) -> None:
    """Sign out."""
    logout(request)
    _forget_user_read_before(request)


def _forget_user_read_before(request: HttpRequest) -> None:
    """Until Django 6.1, `login()` and `logout()` do not reset the user that `request.auser()` has cached."""
    vars(request).pop("_acached_user", None)
