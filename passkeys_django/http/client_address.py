"""The IP address from which a request came, also behind reverse proxies."""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.http import HttpRequest

from ..conf import passkey_settings

_WITH_PORT = re.compile(r"\[(?P<ipv6>[^\]]*)\](:\d{1,5})?|(?P<ipv4>[\d.]+):\d{1,5}")


def client_address(request: HttpRequest | None) -> str | None:
    """The client's IP address in its shortest form; None outside of a request or behind a Unix socket.

    The address is REMOTE_ADDR, or with PASSKEY_TRUSTED_PROXIES the address that the outermost of them saw.
    """
    if request is None:
        return None
    return _forwarded(request) or _canonical(request.META.get("REMOTE_ADDR") or "")


def truncated(address: str) -> str:
    """The address without the bits that tell one household from another: IPv4 as its /24, IPv6 as its /48.

    Raises ValueError if the text is not an address.
    """
    return _network(address, ipv4=24, ipv6=48)


def household(address: str) -> str:
    """The part of the address that a client cannot change at will: IPv4 as it is, IPv6 as its /64.

    Raises ValueError if the text is not an address.
    """
    return _network(address, ipv4=32, ipv6=64)


def _forwarded(request: HttpRequest) -> str | None:
    """The client's address according to X-Forwarded-For; None without trusted proxies.

    Each trusted proxy appends its peer, so only the last PASSKEY_TRUSTED_PROXIES entries can be believed.
    """
    proxies = passkey_settings.trusted_proxies
    if not proxies:
        return None
    entries = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", proxies)
    return _canonical(_without_port(entries[-proxies].strip())) if len(entries) >= proxies else None


def _without_port(text: str) -> str:
    match = _WITH_PORT.fullmatch(text)
    return (match["ipv6"] or match["ipv4"] or "") if match else text


@lru_cache(maxsize=1024)
def _canonical(text: str) -> str | None:
    """Cached: parsing an IPv6 address takes longer than counting a request, and a login needs it several times."""
    address = _parse(text)
    return None if address is None else str(address)


@lru_cache(maxsize=1024)
def _network(address: str, *, ipv4: int, ipv6: int) -> str:
    """The network of the address: its first `ipv4` or `ipv6` bits, and zeros after them."""
    parsed = _parse(address)
    if parsed is None:
        raise ValueError(f"{address!r} is not an IP address")
    cut = parsed.max_prefixlen - (ipv4 if parsed.version == 4 else ipv6)
    return str(type(parsed)(int(parsed) >> cut << cut))


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """The address without a link-local scope (RFC 4007). An IPv4-mapped IPv6 address becomes an IPv4 address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
