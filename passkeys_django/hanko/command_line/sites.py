"""Is this a site whose passkeys can work? What a server stores unseen, and no browser ever matches, is refused."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from ...protocol.domains import ascii_domain, is_android_origin, is_domain, is_secure, is_under, origin_parts


def check_rp_id(rp_id: str) -> None:
    """Raises ValueError for what is no bare domain in small letters."""
    if is_domain(rp_id):
        return
    domain = _domain_in(rp_id)
    remedy = f": write {domain!r}" if domain else ", and an IP address is none"
    raise ValueError(f"the RP ID must be a domain in small letters, without scheme, port or blanks{remedy}")


def _domain_in(text: str) -> str:
    """The domain that somebody may have meant; empty if there is none."""
    try:
        host = urlsplit(text.strip() if "://" in text else f"//{text.strip()}").hostname or ""
        domain = ascii_domain(host)
    except ValueError:
        return ""
    return domain if is_domain(domain) else ""


def check_origins(rp_id: str, origins: Iterable[str], *, related: Iterable[str]) -> None:
    """Raises ValueError for an origin that no browser sends, or from where this RP ID cannot be used."""
    for origin in origins:
        _check_origin(origin)
        if not is_own(origin, rp_id):
            raise ValueError(
                f"the origin {origin!r} lies outside of the RP ID {rp_id!r}: pages of other domains are "
                "--related-origin, if /.well-known/webauthn names them"
            )
    for origin in related:
        _check_origin(origin)


def is_own(origin: str, rp_id: str) -> bool:
    """Is it an app's, or a page's that may use the RP ID by itself?"""
    return origin.startswith("android:") or is_under(origin_parts(origin)[1], rp_id)


def _check_origin(origin: str) -> None:
    if origin.startswith("android:"):
        if not is_android_origin(origin):
            raise ValueError(f"the origin {origin!r} must end in the 43 characters of a SHA-256 in base64url")
        return
    scheme, host, canonical = origin_parts(origin)
    if not is_secure(scheme, host):
        raise ValueError(f"the origin {origin!r} must be https: browsers do without on http://localhost only")
    if origin != canonical:
        raise ValueError(f"the origin {origin!r} never equals what a browser sends: write {canonical!r}")
