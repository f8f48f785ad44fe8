"""`{% load passkeys_allauth %}`, for the page "Confirm it's you"."""

from typing import Any

from django import template
from django.template import Context

from ..confirmation import BY_NEW_LOGIN, BY_PASSKEY, BY_PASSWORD, alternatives

register = template.Library()


@register.simple_tag(takes_context=True)
def allauth_alternatives(context: Context) -> list[dict[str, Any]]:
    """allauth's ways to confirm that our page does not have itself."""
    return alternatives(context["request"], BY_PASSWORD, BY_PASSKEY, BY_NEW_LOGIN)
