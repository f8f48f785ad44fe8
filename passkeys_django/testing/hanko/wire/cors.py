"""Cross-origin headers of the public API."""

import re
from collections.abc import Iterator

from ..state import Tenant
from .http import Request, Response

_METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE"
_PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


def cors_headers(tenant: Tenant, request: Request) -> Iterator[tuple[str, str]]:
    """Headers of an ordinary response."""
    yield "Vary", "Origin"
    yield from _allowance(tenant, request)


def preflight(tenant: Tenant, request: Request) -> Response:
    """The answer to OPTIONS."""
    allowance = list(_allowance(tenant, request))
    if not allowance:
        return Response(status=204, headers=(("Vary", "Origin"),))
    asked = request.headers.get("access-control-request-headers")
    headers = (
        ("Vary", _PREFLIGHT_VARY),
        *allowance,
        ("Access-Control-Allow-Methods", _METHODS),
        ("Access-Control-Max-Age", "7200"),
    )
    return Response(status=204, headers=(*headers, ("Access-Control-Allow-Headers", asked)) if asked else headers)


def _allowance(tenant: Tenant, request: Request) -> Iterator[tuple[str, str]]:
    origin = request.headers.get("origin")
    allowed = None if origin is None else _allowed_origin(tenant, origin)
    if allowed:
        yield "Access-Control-Allow-Origin", allowed
        yield "Access-Control-Allow-Credentials", "true"


def _allowed_origin(tenant: Tenant, origin: str) -> str | None:
    configuration = tenant.configuration
    for allowed in configuration.cors_origins:
        if allowed == "*":
            return origin if configuration.allow_unsafe_wildcard else "*"
        if re.fullmatch(re.escape(allowed).replace(r"\*", ".*"), origin):
            return origin
    return None
