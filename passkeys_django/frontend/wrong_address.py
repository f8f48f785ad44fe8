"""While DEBUG is on: why passkeys do not work on a page at this address, and which address works."""

import logging

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.http.request import split_domain_port

from ..conf import passkey_settings
from ..protocol.domains import is_ip_address, is_loopback, is_secure, is_under, origin_parts
from ..relying_party import get_relying_party

logger = logging.getLogger("passkeys_django")


def wrong_address(request: HttpRequest | None) -> str | None:
    """The text for the developer, which is also logged. None if the address is right, or DEBUG is off."""
    if not settings.DEBUG or request is None:
        return None
    try:
        problem = _problem(request)
    except ImproperlyConfigured:  # the checks report this
        return None
    if problem:
        logger.warning("Passkeys do not work at %s://%s. %s", request.scheme, request.get_host(), problem)
    return problem


def _problem(request: HttpRequest) -> str | None:
    """The browser refuses an address for the first three reasons, and this site for the last."""
    accepted, rp_id = get_relying_party(request).origins, passkey_settings.rp_id
    scheme, host, origin = _address(request, accepted)
    if rp_id and not is_under(host, rp_id) and origin not in passkey_settings.related_origins:
        return f"PASSKEY_RP_ID is {rp_id}, this page is {host}: {_way_to_localhost(request)}."
    if is_ip_address(host):
        elsewhere = "" if is_loopback(host) else ", or on another device use a tunnel with https"
        remedy = f"{_way_to_localhost(request)}{elsewhere}"
        return f"Browsers refuse passkeys at IP addresses, this page is {host}: {remedy}."
    if not is_secure(scheme, host):
        return (
            f"Browsers offer passkeys at https addresses and at localhost, this page is {origin}: "
            f"{_way_to_localhost(request)}, or, where a proxy or tunnel adds https, set SECURE_PROXY_SSL_HEADER."
        )
    if origin not in accepted:
        return (
            f"PASSKEY_ORIGINS is {', '.join(accepted)}, this page is {origin}: "
            f"add {origin}, or leave PASSKEY_ORIGINS out while DEBUG is on."
        )
    return None


def _address(request: HttpRequest, accepted: tuple[str, ...]) -> tuple[str, str, str]:
    """Scheme, host and origin. It is https if the settings accept that: a proxy may add https and not say so."""
    secure = origin_parts(f"https://{request.get_host()}")
    if secure[2] in accepted and not is_loopback(secure[1]):
        return secure
    return origin_parts(f"{request.scheme}://{request.get_host()}")


def _way_to_localhost(request: HttpRequest) -> str:
    """Where the settings accept an address of this machine, open it; else leave these settings out."""
    rp_id, origins = passkey_settings.rp_id, passkey_settings.origins
    port = split_domain_port(request.get_host())[1]
    local = f"{request.scheme}://localhost{f':{port}' if port else ''}"
    works = [origin for origin in origins or (local,) if is_loopback(origin_parts(origin)[1])]
    if works and (rp_id is None or is_under("localhost", rp_id)):
        return f"open {local if local in works else works[0]}"
    return f"leave PASSKEY_RP_ID and PASSKEY_ORIGINS out while DEBUG is on, and open {local}"
