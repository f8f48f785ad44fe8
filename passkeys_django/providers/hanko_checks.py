"""What `manage.py check` says about the OPTIONS of Hanko."""

from urllib.parse import urlsplit
from uuid import UUID

from django.core.checks import CheckMessage, Error

from ..domains import is_loopback


def check_options(*, tenant_id: object, base_url: object, has_key: bool) -> list[CheckMessage]:
    """Every mistake, each with its own id."""
    missing = [] if has_key else [_api_key_missing()]
    return [*_check_tenant_id(tenant_id), *_check_base_url(base_url), *missing]


def _check_tenant_id(tenant_id: object) -> list[CheckMessage]:
    try:
        UUID(str(tenant_id))
    except ValueError:
        return [
            Error(
                "tenant_id in OPTIONS of PASSKEY_PROVIDERS is not a UUID.",  # a key may have been put there
                hint="Copy the tenant id, not the API key, from the Hanko console.",
                id="passkeys_django.E011",
            )
        ]
    return []


def _api_key_missing() -> Error:
    return Error(
        "api_key in OPTIONS of PASSKEY_PROVIDERS is empty.",
        hint="Create an API key in the Hanko console. Is its environment variable set?",
        id="passkeys_django.E013",
    )


def _check_base_url(base_url: object) -> list[CheckMessage]:
    try:
        parts = urlsplit(str(base_url))
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if host and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        return []
    return [
        Error(
            f"base_url {base_url!r} in OPTIONS of PASSKEY_PROVIDERS is no https address.",
            hint="Only a server on this machine may be reached by http: API keys and tokens travel there.",
            id="passkeys_django.E012",
        )
    ]
