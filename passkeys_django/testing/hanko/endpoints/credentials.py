"""/credentials"""

from typing import Any

from ..state import Credential
from ..wire import bodies
from ..wire.http import ApiError, Response, json_response, no_content
from ..wire.pages import Page
from .calls import Call, timestamp

RENAME = bodies.Schema(
    name="UpdateCredentialsDto",
    fields=(bodies.Field(name="CredentialId"), bodies.Field(name="name", required=True)),
)
BODY_ID = bodies.Schema(name="DeleteCredentialsDto", fields=(bodies.Field(name="CredentialId"),))


def listing(call: Call) -> Response:
    """GET /credentials: newest first, unless `order` is "asc"."""
    request = call.request
    try:
        page = Page.of(request, clamp=True)
    except ValueError as error:
        raise ApiError(400, "unable to process request", str(error)) from error
    order = request.parameter("order") or "desc"
    if order not in ("desc", "asc"):
        raise ApiError(400, "unable to validate request", "Order must be one of 'desc asc'")
    user_id = request.parameter("user_id")
    rows = call.tenant.by_age
    if user_id:
        rows = [row for row in rows if row.user.user_id == user_id]
    return page.response(request, rows if order == "asc" else rows[::-1], wire)


def read(call: Call) -> Response:
    """GET /credentials/{id}"""
    return json_response(wire(_find(call, {})))


def rename(call: Call) -> Response:
    """PATCH /credentials/{id}: changes the name only."""
    values = bodies.read(call.request, RENAME)
    credential = _find(call, values)
    bodies.refuse_unstorable(values["name"], blank=True)
    call.audit("webauthn_credential_updated", user_id=credential.user.user_id)
    credential.name = values["name"]
    credential.touch()
    return no_content()


def delete(call: Call) -> Response:
    """DELETE /credentials/{id}: the user stays."""
    credential = _find(call, bodies.read(call.request, BODY_ID))
    call.audit("webauthn_credential_deleted")
    call.state.remove_credential(call.tenant, credential)
    return no_content()


def _find(call: Call, body: dict[str, Any]) -> Credential:
    """The credential. An id in the body wins over the id in the path: the real server has this trap."""
    credential_id = body.get("CredentialId") or call.arguments[0]
    credential = call.tenant.credentials.get(credential_id)
    if credential is None:
        raise ApiError(404, f"credential with id '{credential_id}' not found")
    return credential


def wire(credential: Credential) -> dict[str, Any]:
    """The JSON of a credential in every listing. The server never returns transports."""
    return {
        "id": credential.id,
        "name": credential.name,
        "public_key": credential.public_key,
        "attestation_type": credential.attestation_type,
        "aaguid": str(credential.aaguid),
        "last_used_at": timestamp(credential.last_used_at),
        "created_at": timestamp(credential.created_at),
        "transports": [],
        "backup_eligible": credential.backup_eligible,
        "backup_state": credential.backup_state,
        "is_mfa": credential.is_mfa,
        "user_id": credential.user.user_id,
    }
