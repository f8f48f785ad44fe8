"""POST /registration/... and /mfa/registration/..."""

from typing import Any

from ...encoding import b64url
from .. import webauthn
from ..names import credential_name
from ..settings import CeremonySettings
from ..state import NO_AAGUID, REGISTRATION, Challenge, Credential, User
from ..wire import bodies
from ..wire.http import ApiError, Response, internal_error, json_response
from .calls import Call

ALGORITHMS = (-7, -35, -36, -257, -258, -259, -37, -38, -39, -8)
PARSE_TITLE = "unable to parse credential creation response"
FAULT_TITLE = "failed to validate attestation"

INITIALIZE = bodies.Schema(
    name="InitRegistrationDto",
    fields=(
        bodies.Field(name="user_id", required=True),
        bodies.Field(name="username", required=True, max=128),
        bodies.Field(name="display_name", max=128),
        bodies.Field(name="icon", url=True, pointer=True),
    ),
)


def initialize(call: Call) -> Response:
    """Create or rename the user, store a challenge, and answer the creation options."""
    values = bodies.read(call.request, INITIALIZE)
    bodies.refuse_unstorable(values["user_id"], values["username"])
    bodies.refuse_unstorable(values.get("icon", ""), values.get("display_name", ""), blank=True)
    settings = call.tenant.configuration.mfa if call.mfa else call.tenant.configuration.webauthn
    call.audit(f"{_event(call)}_init_succeeded", user_id=values["user_id"])
    user = _upsert_user(call, values)
    challenge = b64url(call.state.challenges())
    call.remember(
        challenge,
        operation=REGISTRATION,
        user_id=user.user_id,
        user_verification=settings.user_verification,
        timeout=settings.effective_timeout,
    )
    return json_response({"publicKey": _options(call, user, settings, challenge)})


def _event(call: Call) -> str:
    return "mfa_registration" if call.mfa else "webauthn_registration"


def _upsert_user(call: Call, values: dict[str, Any]) -> User:
    user_id, users = values["user_id"], call.tenant.users
    if user_id not in users:
        users[user_id] = User(id=call.state.ids("user"), user_id=user_id, name="", display_name="", icon="")
    user = users[user_id]
    user.name = values["username"]
    display_name = values.get("display_name", "")
    user.display_name = display_name if display_name.strip() else user.name
    user.icon = values.get("icon", "")
    return user


def _options(call: Call, user: User, settings: CeremonySettings, challenge: str) -> dict[str, Any]:
    configuration = call.tenant.configuration
    selection: dict[str, Any] = {
        "requireResidentKey": settings.resident_key_requirement == "required",
        "residentKey": settings.resident_key_requirement,
        "userVerification": settings.user_verification,
    }
    if settings.attachment:
        selection = {"authenticatorAttachment": settings.attachment, **selection}
    return {
        "rp": {"name": configuration.rp_name, "id": configuration.rp_id},
        "user": {
            "name": user.name,
            **({"icon": user.icon} if user.icon else {}),
            "displayName": user.display_name,
            "id": b64url(user.user_id.encode()),
        },
        "challenge": challenge,
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "timeout": settings.effective_timeout,
        "authenticatorSelection": selection,
        "attestation": settings.attestation_preference,
    }


def finalize(call: Call) -> Response:
    """Verify and store a new credential. After a failure, the challenge stays usable."""
    answer, client_data, attestation = _parse(call.request.body)
    challenge = call.tenant.challenges.get(client_data.challenge)
    if challenge is None or challenge.operation != REGISTRATION:
        raise ApiError(400, "received challenge does not match with any stored one")
    user = call.tenant.users.get(challenge.user_id)
    if user is None:
        raise ApiError(404, "user not found")
    try:
        _verify(call, challenge, client_data, attestation)
    except webauthn.Refused as refused:
        raise ApiError(400, FAULT_TITLE, str(refused)) from refused
    except webauthn.UserNotVerified as missing:
        raise _not_verified() from missing
    credential = _credential(call, user, attestation)
    if len(credential.id) > 255 or len(set(answer.transports)) < len(answer.transports):
        raise internal_error()
    if credential.id in call.state.credentials:
        raise internal_error()
    call.audit(f"{_event(call)}_final_succeeded", user_id=user.user_id)
    call.state.add_credential(call.tenant, credential)
    call.forget(client_data.challenge)
    return json_response(call.token(user, credential))


def _parse(body: bytes) -> tuple[webauthn.Answer, webauthn.ClientData, webauthn.Attestation]:
    try:
        answer = webauthn.parse_answer(
            body,
            binary=("clientDataJSON", "attestationObject"),
            parse_error="Parse error for Registration",
            verbose=False,
        )
    except webauthn.Refused as refused:
        raise ApiError(400, PARSE_TITLE, str(refused)) from refused
    try:
        client_data = webauthn.parse_client_data(answer.response["clientDataJSON"] or b"")
        return answer, client_data, webauthn.parse_attestation(answer.response["attestationObject"] or b"")
    except webauthn.Refused as refused:
        raise ApiError(400, PARSE_TITLE, "Error parsing attestation response") from refused


def _verify(
    call: Call, challenge: Challenge, client_data: webauthn.ClientData, attestation: webauthn.Attestation
) -> None:
    configuration = call.tenant.configuration
    if call.state.now() > challenge.expires_at:
        raise webauthn.Refused("Session has Expired")
    webauthn.check_client_data(client_data, expected_type="webauthn.create", origins=configuration.origins)
    webauthn.check_authenticator_data(
        attestation.authenticator_data,
        rp_id=configuration.rp_id,
        user_verification=challenge.user_verification,
    )
    attestation.verify(client_data)


def _not_verified() -> ApiError:
    details = "Error validating the authenticator response"
    reason = "User verification required but flag not set by authenticator\n"
    return ApiError(422, f"{FAULT_TITLE}: {details}: {reason}", details)


def _credential(call: Call, user: User, attestation: webauthn.Attestation) -> Credential:
    data = attestation.authenticator_data
    credential_id, aaguid = b64url(data.credential_id or b""), data.aaguid or NO_AAGUID
    now = call.state.stored_now()
    return Credential(
        id=credential_id,
        user=user,
        public_key=b64url(webauthn.canonical_key(data.public_key or {})),
        attestation_type=attestation.format,
        aaguid=aaguid,
        name=credential_name(aaguid, credential_id),
        created_at=now,
        last_used_at=now,
        backup_eligible=data.backup_eligible,
        backup_state=data.backup_state,
        is_mfa=call.mfa,
    )
