"""`{% load passkeys_allauth %}`, for the templates of this room."""

from typing import Any

from allauth.account.utils import passthrough_next_redirect_url
from django import template
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.template import Context
from django.urls import reverse

from ....conf import passkey_settings
from ..confirmation import BY_NEW_LOGIN, BY_PASSKEY, BY_PASSWORD, alternatives

register = template.Library()


@register.simple_tag(takes_context=True)
def allauth_alternatives(context: Context) -> list[dict[str, Any]]:
    """allauth's ways to confirm that our page does not have itself."""
    return alternatives(context["request"], BY_PASSWORD, BY_PASSKEY, BY_NEW_LOGIN)


@register.simple_tag(takes_context=True)
def passkey_signup_url(context: Context) -> str:
    """The page "Sign up" with a passkey; empty without PASSKEY_SIGNUP_FORM."""
    if passkey_settings.signup_form is None:
        return ""
    url = reverse("passkeys:signup")
    return str(passthrough_next_redirect_url(context["request"], url, REDIRECT_FIELD_NAME))
