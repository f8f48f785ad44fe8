"""`{% load passkeys %}`: passkeys on the pages of a site.

On a login page, `{% passkey_login_button %}` is all there is to add; the script that comes with it also turns the
username field (`autocomplete="username"`, as Django's own form has it) into one with passkey autofill.
"""

from typing import Any

from django import template
from django.template import Context

from ..script_config import script_config

register = template.Library()


@register.inclusion_tag("passkeys_django/login_button.html", takes_context=True)
def passkey_login_button(context: Context) -> dict[str, Any]:
    """The button "Sign in with a passkey", and autofill on the page's username field."""
    return _with_config(context)


@register.inclusion_tag("passkeys_django/register_button.html", takes_context=True)
def passkey_register_button(context: Context, next_url: str = "") -> dict[str, Any]:
    """The button "Create a passkey". Afterwards the browser goes to `next_url`; without one the page reloads."""
    return {"next_url": next_url, **_with_config(context)}


def _with_config(context: Context) -> dict[str, Any]:
    # `csrf_token` is what {% csrf_token %} in the tag's template reads.
    return {"config": script_config(context), "csrf_token": context.get("csrf_token")}
