"""The checks of the origins from which passkeys may be used: pages of the site, and apps."""

import re
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import Resolver404, resolve

from ..check_ids import (
    HOST_WITHOUT_ORIGIN,
    LOCALHOST_LEFT_OUT,
    ORIGIN_INSECURE,
    ORIGIN_MALFORMED,
    ORIGIN_OUTSIDE,
    RELATED_ORIGINS_TOO_MANY,
    WELL_KNOWN_MISSING,
)
from ..conf import mistake_in, passkey_settings
from ..protocol.domains import (
    ANDROID,
    ascii_domain,
    is_android_origin,
    is_loopback,
    is_secure,
    is_under,
    origin_parts,
)

RELATED_LABELS_MAX = 5
"""Every browser reads at least this many different names from /.well-known/webauthn (WebAuthn L3, 5.11.1)."""
_PUBLIC_SECOND_LEVEL = re.compile(r"(.*\.)?[a-z]{1,3}\.[a-z]{2}\Z")


def check_origins(**_kwargs: Any) -> list[CheckMessage]:
    """An app sends each of PASSKEY_ORIGINS, or a browser does from a page that may use the RP ID."""
    if mistake_in("origins") or mistake_in("rp_id"):
        return []
    return [message for origin in passkey_settings.origins for message in _check_origin(origin)]


def _check_origin(origin: str) -> Iterator[CheckMessage]:
    if origin.startswith("android:"):
        yield from _check_android_origin(origin)
        return
    yield from _check_web_origin(origin, "PASSKEY_ORIGINS")
    rp_id = passkey_settings.rp_id
    if rp_id is not None and not is_under(origin_parts(origin)[1], ascii_domain(rp_id)):
        yield Error(
            f"The origin {origin!r} in PASSKEY_ORIGINS lies outside PASSKEY_RP_ID {rp_id!r}.",
            hint=f"A page may use passkeys of its own domain and of the domains above it: list {rp_id!r} and "
            "names under it here, and pages of other domains in PASSKEY_RELATED_ORIGINS.",
            id=ORIGIN_OUTSIDE,
        )


def _check_android_origin(origin: str) -> Iterator[CheckMessage]:
    if not is_android_origin(origin):
        yield Error(
            f"The origin {origin!r} in PASSKEY_ORIGINS never equals what an Android app sends.",
            hint=f"Write {ANDROID!r} and the SHA-256 fingerprint of the app's certificate: its 32 bytes in "
            "base64url without '=', 43 characters, not the fingerprint in hexadecimal.",
            id=ORIGIN_MALFORMED,
        )


def _check_web_origin(origin: str, setting: str) -> Iterator[CheckMessage]:
    scheme, host, canonical = origin_parts(origin)
    if not is_secure(scheme, host):
        yield Error(
            f"The origin {origin!r} in {setting} is not https.",
            hint="Browsers offer passkeys on https pages, and on http://localhost in development.",
            id=ORIGIN_INSECURE,
        )
    elif origin != canonical:
        yield Error(
            f"The origin {origin!r} in {setting} never equals what a browser sends.",
            hint=f"Write the origin in lower case without path, trailing slash or default port: {canonical!r}.",
            id=ORIGIN_MALFORMED,
        )


def check_related_origins(**_kwargs: Any) -> list[CheckMessage]:
    """A browser sends each of PASSKEY_RELATED_ORIGINS, and every browser reads all of them."""
    if mistake_in("related_origins"):
        return []
    origins = passkey_settings.related_origins
    messages = [message for origin in origins for message in _check_web_origin(origin, "PASSKEY_RELATED_ORIGINS")]
    names = {_registrable_label(origin_parts(origin)[1]) for origin in origins}
    if len(names) <= RELATED_LABELS_MAX:
        return messages
    return [*messages, _too_many(names)]


def _too_many(names: set[str]) -> Warning:
    return Warning(
        f"PASSKEY_RELATED_ORIGINS has {len(names)} different names: {', '.join(sorted(names))}.",
        hint=f"Browsers need not read more than {RELATED_LABELS_MAX}; example.com and example.org count as one.",
        id=RELATED_ORIGINS_TOO_MANY,
    )


def _registrable_label(host: str) -> str:
    """The label that www.example.com and www.example.co.uk share: a guess without a list of public suffixes."""
    suffix = 2 if _PUBLIC_SECOND_LEVEL.match(host) else 1
    labels = host.split(".")[:-suffix]
    return labels[-1] if labels else host


def check_well_known(**_kwargs: Any) -> list[CheckMessage]:
    """If there are related origins, the site answers where browsers look for them."""
    if mistake_in("related_origins") or not passkey_settings.related_origins:
        return []
    try:
        resolve("/.well-known/webauthn")
    except AttributeError:  # an entry of urlpatterns is not a path(): Django's own check names it (urls.E004)
        return []
    except Resolver404:
        return [
            Warning(
                "PASSKEY_RELATED_ORIGINS is set, but this site has no /.well-known/webauthn.",
                hint="Add path('.well-known/', include('passkeys_django.urls_well_known')) to the urlpatterns. If "
                "another server answers at the RP ID, silence this check.",
                id=WELL_KNOWN_MISSING,
            )
        ]
    return []


def check_hosts(**_kwargs: Any) -> list[CheckMessage]:
    """Every host in ALLOWED_HOSTS that may use the RP ID has its origin in PASSKEY_ORIGINS."""
    rp_id = passkey_settings.rp_id if not mistake_in("rp_id") and not mistake_in("origins") else None
    if rp_id is None or (settings.DEBUG and not passkey_settings.origins):
        return []
    origins = passkey_settings.origins or (f"https://{rp_id}",)
    listed = {origin.partition("://")[2].partition(":")[0] for origin in origins}
    return [
        Warning(
            f"{host!r} is in ALLOWED_HOSTS, but passkeys are refused there: its origin is not in PASSKEY_ORIGINS.",
            hint=f"Add 'https://{host}' to PASSKEY_ORIGINS (and keep the others), or redirect that host.",
            id=HOST_WITHOUT_ORIGIN,
        )
        for host in settings.ALLOWED_HOSTS
        if is_under(host.lower(), rp_id) and host.lower() not in listed
    ]


def check_localhost(**_kwargs: Any) -> list[CheckMessage]:
    """While DEBUG is on, passkeys work at localhost."""
    if not settings.DEBUG or mistake_in("rp_id") or mistake_in("origins") or _works_at_localhost():
        return []
    name = "PASSKEY_ORIGINS" if passkey_settings.origins else "PASSKEY_RP_ID"
    return [
        Warning(
            f"{name} leaves out localhost while DEBUG is on: no passkey works at http://localhost:8000.",
            hint="Set PASSKEY_RP_ID and PASSKEY_ORIGINS only `if not DEBUG:`. Without them, passkeys are "
            "bound to the host in the address bar. If you develop at another address, silence this check.",
            id=LOCALHOST_LEFT_OUT,
        )
    ]


def _works_at_localhost() -> bool:
    """Does an address of this machine pass both settings? With DEBUG, a setting that is left out lets all pass."""
    rp_id, hosts = passkey_settings.rp_id, [origin_parts(origin)[1] for origin in passkey_settings.origins]
    return (rp_id is None or is_loopback(rp_id)) and (not hosts or any(map(is_loopback, hosts)))
