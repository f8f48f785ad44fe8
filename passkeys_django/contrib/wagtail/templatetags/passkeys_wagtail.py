"""`{% load passkeys_wagtail %}`: for the templates of this app."""

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag
def passkeys_breadcrumbs(title: str) -> list[dict[str, object]]:
    """The way back to Wagtail's account page, in Wagtail's own words, then the title of this page."""
    from wagtail.admin.views.account import AccountView

    account = {"url": reverse("wagtailadmin_account"), "label": AccountView.page_title}
    return [*AccountView.breadcrumbs_items, account, {"url": None, "label": title}]
