"""What `manage.py check` says about the OPTIONS of Hanko."""

from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from django.core.checks import CheckMessage, Error, Warning

from ...check_ids import API_KEY_MISSING, BASE_URL_INSECURE, BASE_URL_UNENCRYPTED, TENANT_ID_MALFORMED
from ...protocol.domains import is_ip_address, is_loopback

PRIVATE_ZONES = (".internal", ".local", ".home.arpa")
"""Reserved for networks of one's own (ICANN's resolution of 2024-07-29, RFC 6762, RFC 8375)."""


def check_options(*, tenant_id: object, base_url: object, has_key: bool, allow_http: bool) -> list[CheckMessage]:
    """Every mistake, each with its own id."""
    missing = [] if has_key else [_api_key_missing()]
    return [*_check_tenant_id(tenant_id), *_check_base_url(base_url, allow_http), *missing]


def _check_tenant_id(tenant_id: object) -> list[CheckMessage]:
    try:
        UUID(str(tenant_id))
    except ValueError:
        return [
            Error(
                "tenant_id in OPTIONS of PASSKEY_PROVIDERS is not a UUID.",  # a key may have been put there
                hint="Copy the tenant id, not the API key, from the Hanko console.",
                id=TENANT_ID_MALFORMED,
            )
        ]
    return []


def _api_key_missing() -> Error:
    return Error(
        "api_key in OPTIONS of PASSKEY_PROVIDERS is empty.",
        hint="Create an API key in the Hanko console. Is its environment variable set?",
        id=API_KEY_MISSING,
    )


def _check_base_url(base_url: object, allow_http: bool) -> list[CheckMessage]:
    scheme, host = _scheme_and_host(base_url)
    is_near = is_loopback(host) or (allow_http and _is_private(host))
    if host and (scheme == "https" or (scheme == "http" and is_near)):
        return []
    return [
        Error(
            f"base_url {base_url!r} in OPTIONS of PASSKEY_PROVIDERS is no https address.",
            hint="Only a server on this machine may be reached by http: API keys and tokens travel there. In a "
            "network of containers, whose hosts have private addresses or names such as 'hanko', add "
            "'allow_http': True.",
            id=BASE_URL_INSECURE,
        )
    ]


def check_deployment(*, base_url: object) -> list[CheckMessage]:
    """What is fine in development, and should be looked at before a site goes live."""
    scheme, host = _scheme_and_host(base_url)
    if scheme != "http" or is_loopback(host):
        return []
    return [
        Warning(
            f"base_url {base_url!r} in OPTIONS of PASSKEY_PROVIDERS is reached by http (allow_http).",
            hint="Whoever can listen in that network reads the API key, with which credentials are made and "
            "deleted. If nobody can but these two servers, silence this; else put a proxy with TLS before Hanko.",
            id=BASE_URL_UNENCRYPTED,
        )
    ]


def _scheme_and_host(base_url: object) -> tuple[str, str]:
    """Both empty for what is no URL."""
    try:
        parts = urlsplit(str(base_url))
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return "", ""


def _is_private(host: str) -> bool:
    """Is it a host that nobody reaches over the Internet: one without a dot, of a private zone or address?"""
    if is_ip_address(host):
        return ip_address(host).is_private
    return "." not in host or host.endswith(PRIVATE_ZONES)
