"""Checks an RP ID and origins before they are sent. The server would store values that no browser ever matches."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from ...protocol.domains import ascii_domain, is_android_origin, is_domain, is_secure, is_under, origin_parts


def check_rp_id(rp_id: str) -> None:
    """Raises ValueError unless the RP ID is a bare domain in small letters."""
    if is_domain(rp_id):
        return
    domain = _domain_in(rp_id)
    remedy = f": write {domain!r}" if domain else ", and not an IP address"
    raise ValueError(f"the RP ID must be a domain in small letters, without scheme, port or blanks{remedy}")


def _domain_in(text: str) -> str:
    """The domain that the user probably meant; empty if the text contains none."""
    try:
        host = urlsplit(text.strip() if "://" in text else f"//{text.strip()}").hostname or ""
        domain = ascii_domain(host)
    except ValueError:
        return ""
    return domain if is_domain(domain) else ""


def check_origins(rp_id: str, origins: Iterable[str], *, related: Iterable[str]) -> None:
    """Raises ValueError for an origin that no browser sends, or whose pages cannot use this RP ID."""
    for origin in origins:
        _check_origin(origin)
        if not is_own(origin, rp_id):
            raise ValueError(
                f"the origin {origin!r} lies outside of the RP ID {rp_id!r}: pages of other domains need "
                "--related-origin, and /.well-known/webauthn must name them"
            )
    for origin in related:
        _check_origin(origin)


def is_own(origin: str, rp_id: str) -> bool:
    """Is this the origin of an app, or of a page whose domain may use the RP ID directly?"""
    return origin.startswith("android:") or is_under(origin_parts(origin)[1], rp_id)


def _check_origin(origin: str) -> None:
    if origin.startswith("android:"):
        if not is_android_origin(origin):
            raise ValueError(f"the origin {origin!r} must end in a SHA-256 in base64url, which has 43 characters")
        return
    scheme, host, canonical = origin_parts(origin)
    if not is_secure(scheme, host):
        raise ValueError(f"the origin {origin!r} must be https: browsers allow http on localhost only")
    if origin != canonical:
        raise ValueError(f"the origin {origin!r} never equals what a browser sends: write {canonical!r}")
