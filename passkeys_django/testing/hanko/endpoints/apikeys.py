"""Checks of the apiKey header."""

import hmac

from ..state import Tenant
from ..wire.http import ApiError, Request

TITLE = "The api key is invalid"


def require(tenant: Tenant, request: Request) -> None:
    """Raises ApiError 401 if the request does not have one of the tenant's API keys."""
    given = request.headers.get("apikey", "").strip()
    for secret in tenant.secrets:
        if hmac.compare_digest(secret.secret.encode(), given.encode()):
            if secret.kind == "api":
                return
            raise ApiError(401, TITLE, "provided key is not an api key")
    raise ApiError(401, TITLE, "api keys needs to be an apiKey Header and 32 byte long")


def require_for_user(tenant: Tenant, request: Request) -> None:
    """Like `require`, for a login that names its user. A missing key has another error text here."""
    if not request.headers.get("apikey", "").strip():
        raise ApiError(401, "api key is missing")
    require(tenant, request)
