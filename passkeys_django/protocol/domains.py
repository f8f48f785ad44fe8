"""The domains and origins at which browsers offer passkeys.

This module imports neither settings nor Django, because the command line uses it too.
"""

import re
import unicodedata
from ipaddress import ip_address
from urllib.parse import urlsplit

from .base64url import base64url_decode, base64url_encode

ANDROID = "android:apk-key-hash:"
"""What Android's Credential Manager writes before the SHA-256 hash of the app's certificate in base64url."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\Z")


def is_domain(text: str) -> bool:
    """Can the text be an RP ID: a bare domain in lower case, and not an IP address (WebAuthn L3, 5.1.2)?"""
    return _DOMAIN.match(text) is not None and not is_ip_address(text)


def ascii_domain(domain: str) -> str:
    """The domain as browsers write it: in lower case, with labels outside of ASCII in Punycode (UTS 46).

    Python's codec "idna" cannot be used: it follows an older standard, and turns a domain with ß into another one.
    """
    text = unicodedata.normalize("NFKC", domain.lower()).replace("\u3002", ".")
    return ".".join(map(_ascii_label, text.split(".")))


def _ascii_label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}"


def is_ip_address(host: str) -> bool:
    """Is the host an IPv4 or IPv6 address, without brackets?"""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Is the host this machine itself, where browsers do not require https?"""
    is_name = host == "localhost" or host.endswith(".localhost")
    return is_name or (is_ip_address(host) and ip_address(host).is_loopback)


def is_under(host: str, domain: str) -> bool:
    """May pages of this host use the passkeys of this domain?"""
    return host == domain or (host.endswith(f".{domain}") and not host.startswith("."))


def origin_parts(origin: str) -> tuple[str, str, str]:
    """Scheme, host, and the origin as browsers write it. Text that is not a URL gives an example."""
    try:
        parts = urlsplit(origin)
        port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    except ValueError:
        return "https", "", "https://example.com"
    host = ascii_domain(parts.hostname or "")
    name = f"[{host}]" if ":" in host else host
    return parts.scheme, host, f"{parts.scheme}://{name}{port}"


def is_secure(scheme: str, host: str) -> bool:
    """Do browsers offer passkeys on pages of this scheme and host?"""
    return scheme == "https" or (scheme == "http" and is_loopback(host))


def android_origin(fingerprint: str) -> str:
    """The origin of an app that is signed with this certificate. The fingerprint is SHA-256, as "14:6D:…"."""
    return ANDROID + base64url_encode(bytes.fromhex(fingerprint.replace(":", "")))


def is_android_origin(origin: str) -> bool:
    """Is the origin one that an Android app sends?"""
    try:
        digest = base64url_decode(origin.removeprefix(ANDROID))
    except ValueError:
        return False
    return origin.startswith(ANDROID) and len(digest) == 32
