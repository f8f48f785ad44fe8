"""POST /login/... and /mfa/login/..."""

from ...encoding import b64url
from ..state import AUTHENTICATION, Credential
from ..wire import bodies
from ..wire.http import ApiError, Response, json_response
from . import apikeys, assertions
from .calls import Call

INITIALIZE = bodies.Schema(name="InitLoginDto", fields=(bodies.Field(name="user_id", pointer=True),))
INITIALIZE_MFA = bodies.Schema(
    name="InitMfaLoginDto", fields=(bodies.Field(name="user_id", required=True, pointer=True),)
)


def initialize(call: Call) -> Response:
    """Answer request options: discoverable without `user_id`. With `user_id`, an API key is required."""
    schema = INITIALIZE_MFA if call.mfa else INITIALIZE
    user_id = bodies.read(call.request, schema).get("user_id")
    allowed = None if user_id is None else _allowed(call, user_id)
    call.audit(f"{_event(call)}_init_succeeded", user_id=user_id)
    configuration = call.tenant.configuration
    settings = configuration.mfa if call.mfa else configuration.webauthn
    challenge = b64url(call.state.challenges())
    call.remember(
        challenge,
        operation=AUTHENTICATION,
        user_id=user_id or "",
        user_verification=settings.user_verification,
        allowed=tuple(credential.id for credential in allowed or ()),
        timeout=settings.effective_timeout,
    )
    return json_response(assertions.options(call, challenge, allowed=allowed))


def _event(call: Call) -> str:
    return "mfa_authentication" if call.mfa else "webauthn_authentication"


def _allowed(call: Call, user_id: str) -> list[Credential]:
    if not call.mfa:
        apikeys.require_for_user(call.tenant, call.request)
    bodies.refuse_unstorable(user_id)
    user = call.tenant.users.get(user_id)
    if user is None:
        raise ApiError(404, "user not found")
    allowed = [credential for credential in user.credentials.values() if call.mfa or not credential.is_mfa]
    if not allowed:
        raise ApiError(500, "failed to create webauthn assertion options for login: Found no credentials for user")
    return allowed


def finalize(call: Call) -> Response:
    """Verify an assertion and answer a token. After a failure, the challenge stays usable."""
    assertion = assertions.parse(call.request.body, title="unable to finish login")
    challenge = call.tenant.challenges.get(assertion.client_data.challenge)
    if challenge is None or challenge.operation != AUTHENTICATION:
        raise assertions.session_error()
    if challenge.user_id:
        handle: bytes | None = challenge.user_id.encode()
    else:
        handle = None if call.mfa else assertion.user_handle
    user = assertions.user_by_handle(call, handle)
    credential = assertions.verify(call, challenge, user, assertion)
    call.audit(f"{_event(call)}_final_succeeded", user_id=user.user_id)
    assertions.succeed(call, assertion, credential)
    return json_response(call.token(user, credential))
