"""Signing up with PASSKEY_SIGNUP_FORM: allauth knows the new account, and verifies its address."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import complete_signup, setup_user_email, user_email
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from ...conf import passkey_settings
from ...http.transactions import atomic_request
from ...signup.forms import ConfirmedSignupForm
from .login import record_for_allauth


def while_open(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 404 while the adapter says that the site is closed for sign-up."""

    @wraps(view)
    def open_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not get_adapter().is_open_for_signup(request):
            raise Http404("the site is closed for sign-up")
        return view(request, *args, **kwargs)

    return open_view


def sign_up(request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
    """The answer to somebody whose account was just made: signed in, or led to allauth's next stage."""
    with atomic_request():
        if _has_opened_link():
            get_adapter().stash_verified_email(request, user_email(user))
        setup_user_email(request, user, [])
        passkey = record_for_allauth(request, user)
        response: HttpResponse = complete_signup(request, user, None, None, signal_kwargs={"passkey": passkey})
    return response


def _has_opened_link() -> bool:
    """Has everybody who signs up opened a link that we sent to their address?"""
    form_class = passkey_settings.signup_form
    return form_class is not None and issubclass(form_class, ConfirmedSignupForm)
