"""allauth's page "Confirm Access" takes passkeys, with this adapter:

ACCOUNT_ADAPTER = "passkeys_django.contrib.allauth.adapter.AccountAdapter"
"""

from typing import Any

from allauth import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from .apps_without_cookies import refuse_what_is_due
from .confirmation import BY_NEW_LOGIN, BY_PASSKEY, has_passkeys, has_shown_passkey, is_fresh


class PasskeyAdapterMixin:
    """For a site's own adapter: `class AccountAdapter(PasskeyAdapterMixin, DefaultAccountAdapter)`."""

    request: HttpRequest

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """A passkey comes first. Somebody who has no way at all may sign in again."""
        if not user.is_authenticated:
            return []
        methods = [] if app_settings.SOCIALACCOUNT_ONLY else super().get_reauthentication_methods(user)  # type: ignore[misc]
        return [_by_passkey(), *methods] if has_passkeys(user) else methods or [_by_new_login()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not after a passkey just now. If people have no way to confirm, a login just now is enough."""
        required: bool = super().is_reauthentication_required(app=app, **kwargs)  # type: ignore[misc]
        return required and not has_shown_passkey(self.request) and not self._has_signed_in_again()

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """An app at allauth's headless API gets no token for somebody to whom PASSKEY_POLICY asks for more."""
        refuse_what_is_due(request, user)
        response: HttpResponse = super().post_login(request, user, **kwargs)  # type: ignore[misc]
        return response

    def _has_signed_in_again(self) -> bool:
        methods = self.get_reauthentication_methods(self.request.user)
        return [method["id"] for method in methods] == [BY_NEW_LOGIN] and is_fresh(self.request)


class AccountAdapter(PasskeyAdapterMixin, DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """allauth's adapter, with passkeys."""


def _by_passkey() -> dict[str, Any]:
    return {
        "id": BY_PASSKEY,
        "description": _("Use a passkey"),
        "url": reverse("passkeys:allauth-reauthenticate"),
    }


def _by_new_login() -> dict[str, Any]:
    return {
        "id": BY_NEW_LOGIN,
        "description": _("Sign in again in another way"),
        "url": reverse("passkeys:confirm"),
    }
