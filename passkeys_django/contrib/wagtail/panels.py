"""Panels for Wagtail's account page and dashboard."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.components import Component
from wagtail.admin.views.account import BaseSettingsPanel

from ...http.urls import reverse_or_none
from ...models import Passkey


class PasskeysPanel(BaseSettingsPanel):
    """Lists the person's passkeys, and leads to the page where they create, rename and remove them."""

    name = "passkeys"
    title = _("Passkeys")
    order = 550  # below the password
    template_name = "passkeys_django/wagtail/panel.html"

    def is_active(self) -> bool:
        return reverse_or_none("passkeys:list") is not None

    def get_form(self) -> forms.Form:
        """A form without data: Wagtail asks each panel for one, and saves only those that are bound."""
        return forms.Form()

    def get_context_data(self) -> dict[str, Any]:
        return {"passkeys": Passkey.objects.of(self.user)}


class PasskeyOffer(Component):
    """The card "Create a passkey?" on the dashboard, for a site's own hook `construct_homepage_panels`.

    The card is there if there is an offer, which is after a login by password, and not after "Not now".
    """

    order = 50  # above Wagtail's own panels
    template_name = "passkeys_django/wagtail/offer.html"

    class Media:
        css = {"all": ["passkeys_django/passkeys_button.css", "passkeys_django/wagtail.css"]}

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        values: dict[str, Any] = parent_context.flatten()
        return values
