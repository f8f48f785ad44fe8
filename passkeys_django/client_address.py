"""Where a request came from."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.http import HttpRequest

_CUT_BITS = {4: 32 - 24, 6: 128 - 48}


def client_address(request: HttpRequest | None) -> str | None:
    """The client's IP address in its shortest form; None outside of a request or behind a Unix socket."""
    address = None if request is None else _parse(request.META.get("REMOTE_ADDR") or "")
    return None if address is None else str(address)


def truncated(address: str) -> str:
    """The address without what tells one household from another: IPv4 as its /24, IPv6 as its /48.

    Raises ValueError for what is no address.
    """
    parsed = _parse(address)
    if parsed is None:
        raise ValueError(f"{address!r} is no IP address")
    cut = _CUT_BITS[parsed.version]
    return str(type(parsed)(int(parsed) >> cut << cut))


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Without the scope of a link-local address (RFC 4007), and an IPv4-mapped one as the IPv4 address it is."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
