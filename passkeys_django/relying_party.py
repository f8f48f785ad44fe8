"""Who we are to browsers: the WebAuthn relying party."""

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.request import split_domain_port

from .conf import passkey_settings


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """The site. `origins` are compared with the browser's exactly (WebAuthn L3, 13.4.9)."""

    id: str
    name: str
    origins: tuple[str, ...]

    @property
    def id_hash(self) -> bytes:
        """What the authenticator signs in place of the id."""
        return hashlib.sha256(self.id.encode()).digest()

    @property
    def web_origin(self) -> str | None:
        """Where the site is in a browser: the first origin that is no native app's."""
        return next((origin for origin in self.origins if origin.startswith(("https://", "http://"))), None)


def get_relying_party(request: HttpRequest | None) -> RelyingParty:
    """The relying party that the settings name; what they leave open comes from the request if DEBUG is on.

    Raises ImproperlyConfigured without PASSKEY_RP_ID in production: the Host header is the client's to choose.
    """
    rp_id = passkey_settings.rp_id or _host(request)
    own = passkey_settings.origins or _origins(rp_id, request)
    origins = (*own, *passkey_settings.related_origins)
    return RelyingParty(id=rp_id, name=passkey_settings.rp_name or rp_id, origins=origins)


def _host(request: HttpRequest | None) -> str:
    if not settings.DEBUG or request is None:
        raise ImproperlyConfigured("Set PASSKEY_RP_ID to the domain of the site, such as 'example.com'.")
    return split_domain_port(request.get_host())[0]


def _origins(rp_id: str, request: HttpRequest | None) -> tuple[str, ...]:
    if settings.DEBUG and request is not None:
        return (f"{request.scheme}://{request.get_host()}",)
    return (f"https://{rp_id}",)
