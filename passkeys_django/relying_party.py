"""The WebAuthn relying party that the settings describe."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.request import split_domain_port

from .conf import passkey_settings
from .protocol.relying_party import RelyingParty


def get_relying_party(request: HttpRequest | None) -> RelyingParty:
    """The relying party of the settings. If DEBUG is on, the request fills in what the settings leave open.

    Raises ImproperlyConfigured without PASSKEY_RP_ID in production, because clients can choose the Host header.
    """
    rp_id = passkey_settings.rp_id or _host(request)
    own = passkey_settings.origins or _origins(rp_id, request)
    origins = (*own, *passkey_settings.related_origins)
    return RelyingParty(id=rp_id, name=passkey_settings.rp_name or rp_id, origins=origins)


def pages_origin(request: HttpRequest | None) -> str | None:
    """The origin for links to our pages in e-mails: that of this request if it is one of ours, else our own.

    A request alone decides nothing, because anybody can send any Host header. None if the settings name no origin
    of web pages, or without a relying party.
    """
    try:
        relying_party = get_relying_party(request)
    except ImproperlyConfigured:
        return None
    here = f"{request.scheme}://{request.get_host()}" if request is not None else None
    return here if here in relying_party.origins else relying_party.web_origin


def _host(request: HttpRequest | None) -> str:
    if not settings.DEBUG or request is None:
        raise ImproperlyConfigured("Set PASSKEY_RP_ID to the domain of the site, such as 'example.com'.")
    return split_domain_port(request.get_host())[0]


def _origins(rp_id: str, request: HttpRequest | None) -> tuple[str, ...]:
    if settings.DEBUG and request is not None:
        return (f"{request.scheme}://{request.get_host()}",)
    return (f"https://{rp_id}",)
