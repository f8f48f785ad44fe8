"""The admin API."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..settings import Configuration
from ..state import Secret, State, Tenant, User
from ..wire import bodies
from ..wire.http import ApiError, Request, Response, internal_error, json_response, no_content
from ..wire.pages import Page, metrics_page, status_page
from ..wire.schemas import CONFIGURATION, CREATE, NAME_SECRET, RENAME
from ..wire.uuids import parse_uuid
from . import audit, credentials, tenants, transactions
from .calls import Call, timestamp
from .public import find_tenant, match

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def answer(state: State, request: Request) -> Response:
    """The answer to a request. An error is also an answer."""
    try:
        response = _dispatch(state, request)
    except ApiError as error:
        response = error.response()
    return response.with_headers([("Vary", "Origin"), *_cors(request)])


def _cors(request: Request) -> list[tuple[str, str]]:
    return [("Access-Control-Allow-Origin", "*")] if "origin" in request.headers else []


def _dispatch(state: State, request: Request) -> Response:
    page = PAGES.get((request.method, request.path))
    if page is not None:
        return page(state, request)
    segments = request.segments
    if segments[0] != "tenants" or len(segments) < 2:
        raise ApiError(404, "Not Found")
    call = Call(state=state, tenant=find_tenant(state, segments[1]), request=request)
    for method, pattern, handler in ROUTES:
        arguments = match(pattern, segments[2:])
        if arguments is not None and method == request.method:
            return handler(replace(call, arguments=arguments))
    raise ApiError(404, "Not Found")


def list_tenants(state: State, request: Request) -> Response:
    """GET /tenants"""
    return json_response([_summary(tenant) for tenant in state.tenants.values()])


def _summary(tenant: Tenant) -> dict[str, Any]:
    return {"id": tenant.id, "display_name": tenant.display_name}


def create_tenant(state: State, request: Request) -> Response:
    """POST /tenants"""
    values = bodies.read(request, CREATE, chunked=True)
    _refuse_unstorable(values["display_name"], values["config"])
    api_key = bool(values.get("create_api_key"))
    tenant = tenants.create(state, values["display_name"], values["config"], api_key=api_key)
    body: dict[str, Any] = {"id": tenant.id}
    if api_key:
        body["api_key"] = secret_wire(tenant.secrets[0], digits=9)
    return json_response(body, status=201)


def _refuse_unstorable(display_name: str, configuration: dict[str, Any]) -> None:
    party = configuration["webauthn"]["relying_party"]
    bodies.refuse_unstorable(display_name, party["id"], party["display_name"])
    if len(set(party["origins"])) < len(party["origins"]):
        raise internal_error()


def read_tenant(call: Call) -> Response:
    """GET /tenants/{id}"""
    return json_response({**_summary(call.tenant), "config": call.tenant.configuration.wire()})


def rename_tenant(call: Call) -> Response:
    """PUT /tenants/{id}"""
    values = bodies.read(call.request, RENAME, chunked=True)
    bodies.refuse_unstorable(values["display_name"])
    call.tenant.display_name = values["display_name"]
    return no_content()


def delete_tenant(call: Call) -> Response:
    """DELETE /tenants/{id}"""
    call.state.remove_tenant(call.tenant)
    return no_content()


def configure(call: Call) -> Response:
    """PUT /tenants/{id}/config: replaces the whole configuration."""
    values = bodies.read(call.request, CONFIGURATION, chunked=True)
    _refuse_unstorable(call.tenant.display_name, values)
    call.tenant.configuration = Configuration.from_wire(values)
    return no_content()


def _secret_kind(call: Call) -> str:
    return call.request.segments[3]


def list_secrets(call: Call) -> Response:
    """GET /tenants/{id}/secrets/{kind}: in clear text."""
    return json_response([secret_wire(secret) for secret in call.tenant.secrets_of(_secret_kind(call))])


def create_secret(call: Call) -> Response:
    """POST /tenants/{id}/secrets/{kind}"""
    name = bodies.read(call.request, NAME_SECRET, chunked=True)["name"]
    bodies.refuse_unstorable(name)
    secret = tenants.add_secret(call.state, call.tenant, kind=_secret_kind(call), name=name)
    return json_response(secret_wire(secret, digits=9), status=201)


def delete_secret(call: Call) -> Response:
    """DELETE /tenants/{id}/secrets/{kind}/{secret id}"""
    secret_id = call.arguments[0]
    if not _UUID4.fullmatch(secret_id):
        raise ApiError(400, "unable to remove key", "SecretId must be a valid uuid4")
    for secret in call.tenant.secrets_of(_secret_kind(call)):
        if secret.id == secret_id:
            call.tenant.secrets.remove(secret)
            return no_content()
    raise ApiError(404, f"secret with ID '{secret_id}' not found")


def secret_wire(secret: Secret, *, digits: int = 6) -> dict[str, str]:
    """The JSON of a secret. A new secret has not been through the database, so its time shows nanoseconds."""
    created_at = timestamp(secret.created_at, digits=digits)
    return {"id": secret.id, "name": secret.name, "secret": secret.secret, "created_at": created_at}


def list_users(call: Call) -> Response:
    """GET /tenants/{id}/users: newest first, unless `sort_direction` is "asc"."""
    try:
        page = Page.of(call.request)
    except ValueError as error:
        raise ApiError(400, "unable to parse request") from error
    direction = (call.request.parameter("sort_direction") or "desc").lower()
    if direction not in ("desc", "asc"):
        raise ApiError(400, "sort_direction must be desc or asc")
    rows = list(call.tenant.users.values())
    return page.response(call.request, rows if direction == "asc" else rows[::-1], user_wire)


def user_wire(user: User) -> dict[str, Any]:
    """The JSON of a user in the list."""
    return {
        "id": user.id,
        "user_id": user.user_id,
        "name": user.name,
        "icon": user.icon,
        "display_name": user.display_name,
    }


def read_user(call: Call) -> Response:
    """GET /tenants/{id}/users/{internal id}"""
    tenant, user = _find_user(call)
    return json_response(
        {
            **user_wire(user),
            "credentials": [credentials.wire(row) for row in user.credentials.values()],
            "transactions": [transactions.wire(row) for row in tenant.transactions.values() if row.user is user],
        }
    )


def delete_user(call: Call) -> Response:
    """DELETE /tenants/{id}/users/{internal id}"""
    call.state.remove_user(*_find_user(call))
    return no_content()


def _find_user(call: Call) -> tuple[Tenant, User]:
    """Find a user of any tenant, not only of the tenant in the path. The real server has this trap."""
    internal_id = parse_uuid(call.arguments[0])
    if internal_id is None:
        raise ApiError(400, "invalid user_id")
    for tenant in call.state.tenants.values():
        for user in tenant.users.values():
            if user.id == internal_id:
                return tenant, user
    raise ApiError(404, "user not found")


PAGES: dict[tuple[str, str], Callable[[State, Request], Response]] = {
    ("GET", "/"): lambda state, request: status_page(),
    ("GET", "/health/alive"): lambda state, request: json_response({"alive": True}),
    ("GET", "/health/ready"): lambda state, request: json_response({"ready": True}),
    ("GET", "/metrics"): lambda state, request: metrics_page(),
    ("GET", "/tenants"): list_tenants,
    ("POST", "/tenants"): create_tenant,
}

#: method, path below the tenant ("*" is one segment), handler
ROUTES: tuple[tuple[str, tuple[str, ...], Callable[[Call], Response]], ...] = (
    ("GET", (), read_tenant),
    ("PUT", (), rename_tenant),
    ("DELETE", (), delete_tenant),
    ("PUT", ("config",), configure),
    ("GET", ("secrets", "api"), list_secrets),
    ("GET", ("secrets", "jwk"), list_secrets),
    ("POST", ("secrets", "api"), create_secret),
    ("POST", ("secrets", "jwk"), create_secret),
    ("DELETE", ("secrets", "api", "*"), delete_secret),
    ("DELETE", ("secrets", "jwk", "*"), delete_secret),
    ("GET", ("users",), list_users),
    ("GET", ("users", "*"), read_user),
    ("DELETE", ("users", "*"), delete_user),
    ("GET", ("audit_logs",), audit.listing),
)
