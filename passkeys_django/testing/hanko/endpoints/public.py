"""The public API: finds the tenant in the path, and then the handler."""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace

from ..state import State, Tenant
from ..wire.cors import cors_headers, preflight
from ..wire.http import ApiError, Request, Response, json_response
from ..wire.pages import status_page
from . import apikeys, audit, credentials, login, registration, transactions
from .calls import Call, make_missing_keys

Handler = Callable[[Call], Response]

#: method and path below the tenant ("*" is one segment); whether an API key is needed; the handler
ROUTES: tuple[tuple[str, tuple[str, ...], bool, Handler], ...] = (
    ("POST", ("registration", "initialize"), True, registration.initialize),
    ("POST", ("registration", "finalize"), False, registration.finalize),
    ("POST", ("login", "initialize"), False, login.initialize),
    ("POST", ("login", "finalize"), False, login.finalize),
    ("POST", ("mfa", "registration", "initialize"), True, registration.initialize),
    ("POST", ("mfa", "registration", "finalize"), True, registration.finalize),
    ("POST", ("mfa", "login", "initialize"), True, login.initialize),
    ("POST", ("mfa", "login", "finalize"), True, login.finalize),
    ("POST", ("transaction", "initialize"), True, transactions.initialize),
    ("POST", ("transaction", "finalize"), True, transactions.finalize),
    ("GET", ("transaction", "*"), True, transactions.listing),
    ("GET", ("credentials",), True, credentials.listing),
    ("GET", ("credentials", "*"), True, credentials.read),
    ("PATCH", ("credentials", "*"), True, credentials.rename),
    ("DELETE", ("credentials", "*"), True, credentials.delete),
    ("GET", ("audit_logs",), True, audit.listing),
    ("GET", (".well-known", "jwks.json"), False, lambda call: key_set(call)),
)
#: below these paths, every request needs a key, even with an unknown path or a wrong method
GUARDED = frozenset({"credentials", "audit_logs", "transaction", "mfa"})

_UUID = re.compile(
    r"(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\{[0-9a-f-]{36}\}|[0-9a-f]{32}", re.I
)


def answer(state: State, request: Request) -> Response:
    """The answer to a request. An error is also an answer."""
    if request.path == "/":
        return status_page() if request.method == "GET" else ApiError(405, "Method Not Allowed").response()
    try:
        tenant = find_tenant(state, request.segments[0])
    except ApiError as error:
        return error.response()
    if request.method == "OPTIONS":
        return preflight(tenant, request)
    try:
        response = _dispatch(Call(state=state, tenant=tenant, request=request))
    except ApiError as error:
        response = error.response()
    return response.with_headers(cors_headers(tenant, request))


def find_tenant(state: State, text: str) -> Tenant:
    """The tenant whose UUID, in any notation, is this path segment. Raises ApiError."""
    if not _UUID.fullmatch(text):
        raise ApiError(400, "tenant_id must be a valid uuid4")
    tenant = state.tenants.get(str(uuid.UUID(text)))
    if tenant is None:
        raise ApiError(404, "tenant not found")
    return tenant


def match(pattern: tuple[str, ...], segments: tuple[str, ...]) -> tuple[str, ...] | None:
    """The segments at the places of "*", or None if the pattern does not match."""
    if len(pattern) != len(segments):
        return None
    pairs = list(zip(pattern, segments, strict=True))
    if any(expected not in ("*", segment) or not segment for expected, segment in pairs):
        return None
    return tuple(segment for expected, segment in pairs if expected == "*")


def _dispatch(call: Call) -> Response:
    make_missing_keys(call.state, call.tenant)
    segments = call.request.segments[1:]
    if segments and segments[0] in GUARDED:
        apikeys.require(call.tenant, call.request)
    for method, pattern, needs_key, handler in ROUTES:
        arguments = match(pattern, segments)
        if arguments is not None and method == call.request.method:
            if needs_key:
                apikeys.require(call.tenant, call.request)
            return handler(replace(call, arguments=arguments, mfa=segments[0] == "mfa"))
    raise ApiError(404, "Not Found")


def key_set(call: Call) -> Response:
    """GET /.well-known/jwks.json"""
    keys = [key.jwk() for key in call.tenant.keys]
    return json_response({"keys": keys}, headers=[("Cache-Control", "max-age=600")])
