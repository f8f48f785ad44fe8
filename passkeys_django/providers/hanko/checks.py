"""Messages of `manage.py check` about the OPTIONS of Hanko."""

from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from django.core.checks import CheckMessage, Error, Warning

from ...check_ids import API_KEY_MISSING, BASE_URL_INSECURE, BASE_URL_UNENCRYPTED, TENANT_ID_MALFORMED
from ...environment import API_KEY, BASE_URL, TENANT_ID
from ...protocol.domains import is_ip_address, is_loopback

PRIVATE_ZONES = (".internal", ".local", ".home.arpa")
"""Reserved for private networks (ICANN's resolution of 2024-07-29, RFC 6762, RFC 8375)."""


def check_options(*, tenant_id: object, base_url: object, has_key: bool, allow_http: bool) -> list[CheckMessage]:
    """Every mistake in the OPTIONS. Each kind of mistake has its own id."""
    missing = [] if has_key else [_api_key_missing()]
    return [*_check_tenant_id(tenant_id), *_check_base_url(base_url, allow_http), *missing]


def _check_tenant_id(tenant_id: object) -> list[CheckMessage]:
    try:
        UUID(str(tenant_id))
    except ValueError:
        return [
            Error(
                # without the value: it may be a key
                f"tenant_id in OPTIONS of PASSKEY_PROVIDERS is {'not a UUID' if tenant_id else 'empty'}.",
                hint=f"Copy the tenant id, not the API key, from the Hanko console. {_comes_from(TENANT_ID)}",
                id=TENANT_ID_MALFORMED,
            )
        ]
    return []


def _api_key_missing() -> Error:
    return Error(
        "api_key in OPTIONS of PASSKEY_PROVIDERS is empty.",
        hint=f"Create an API key in the Hanko console. Is its variable set? {_comes_from(API_KEY)}",
        id=API_KEY_MISSING,
    )


def _check_base_url(base_url: object, allow_http: bool) -> list[CheckMessage]:
    scheme, host = _scheme_and_host(base_url)
    is_near = is_loopback(host) or (allow_http and _is_private(host))
    if host and (scheme == "https" or (scheme == "http" and is_near)):
        return []
    return [
        Error(
            f"base_url {base_url!r} in OPTIONS of PASSKEY_PROVIDERS is not an https address.",
            hint="API keys and tokens go to this address, so http is allowed on this machine only. In a network "
            "of containers, whose hosts have private addresses or names such as 'hanko', add 'allow_http': True. "
            + _comes_from(BASE_URL),
            id=BASE_URL_INSECURE,
        )
    ]


def check_deployment(*, base_url: object) -> list[CheckMessage]:
    """Warn about what is harmless in development but may be a risk on a live site."""
    scheme, host = _scheme_and_host(base_url)
    if scheme != "http" or is_loopback(host):
        return []
    return [
        Warning(
            f"base_url {base_url!r} in OPTIONS of PASSKEY_PROVIDERS is an http address (allow_http).",
            hint="Anybody who can listen in that network can read the API key, and can create and delete "
            "credentials with that key. If nobody else can listen there, silence this warning; otherwise put a "
            "TLS proxy in front of Hanko. " + _comes_from(BASE_URL),
            id=BASE_URL_UNENCRYPTED,
        )
    ]


def _comes_from(variable: str) -> str:
    return f"providers_from_environment() takes the value from {variable}."


def _scheme_and_host(base_url: object) -> tuple[str, str]:
    """Scheme and host of a URL; both are empty if the value is not a URL."""
    try:
        parts = urlsplit(str(base_url))
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return "", ""


def _is_private(host: str) -> bool:
    """Is the host unreachable from the Internet: a name without a dot, a private zone or a private address?"""
    if is_ip_address(host):
        return ip_address(host).is_private
    return "." not in host or host.endswith(PRIVATE_ZONES)
