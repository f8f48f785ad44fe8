"""The parts that logins and transactions share: options, parsing, verification."""

import uuid
from typing import Any

import cbor2

from ...encoding import unb64url
from .. import webauthn
from ..faults import ConnectionDropped
from ..signatures import panics, signature_fault
from ..state import Challenge, Credential, User
from ..wire.http import ApiError, internal_error
from .calls import Call

FAULT_TITLE = "failed to validate assertion"
UNKNOWN_CHALLENGE = "received challenge does not match with any stored one"


class Assertion:
    """A parsed assertion."""

    def __init__(self, body: bytes) -> None:
        answer = webauthn.parse_answer(
            body,
            binary=("clientDataJSON", "authenticatorData", "signature", "userHandle"),
            parse_error="Parse error for Assertion",
            verbose=True,
        )
        self.credential_id = answer.raw_id
        self.client_data = webauthn.parse_client_data(answer.response["clientDataJSON"] or b"")
        self.authenticator_data = webauthn.parse_authenticator_data(answer.response["authenticatorData"] or b"")
        self.signature: bytes = answer.response["signature"] or b""
        self.user_handle: bytes | None = answer.response["userHandle"]


def parse(body: bytes, *, title: str) -> Assertion:
    """The assertion in a body. Raises ApiError 400 with this title."""
    try:
        return Assertion(body)
    except webauthn.Refused as refused:
        raise ApiError(400, title, str(refused)) from refused


def session_error(details: str = UNKNOWN_CHALLENGE) -> ApiError:
    """The error for an unknown challenge."""
    return ApiError(401, "failed to get session data", details)


def options(call: Call, challenge: str, *, allowed: list[Credential] | None) -> dict[str, Any]:
    """Request options. Without `allowed`, the authenticator chooses the credential."""
    configuration = call.tenant.configuration
    settings = configuration.mfa if call.mfa else configuration.webauthn
    listed = {} if allowed is None else {"allowCredentials": [descriptor(credential) for credential in allowed]}
    return {
        "publicKey": {
            "challenge": challenge,
            "timeout": settings.effective_timeout,
            "rpId": configuration.rp_id,
            **listed,
            "userVerification": settings.user_verification,
        }
    }


def descriptor(credential: Credential) -> dict[str, str]:
    """An entry of `allowCredentials`."""
    return {"type": "public-key", "id": credential.id}


def user_by_handle(call: Call, handle: bytes | None) -> User:
    """The user with this handle. The server reads 16 bytes as a UUID, so user ids of 16 bytes never log in."""
    if handle is None:
        raise _user_error()
    try:
        user_id = str(uuid.UUID(bytes=handle)) if len(handle) == 16 else handle.decode()
    except UnicodeDecodeError as error:
        raise internal_error() from error
    if len(user_id) > 255 or "\0" in user_id:
        raise internal_error()
    user = call.tenant.users.get(user_id)
    if user is None:
        raise _user_error()
    return user


def _user_error() -> ApiError:
    return ApiError(401, "failed to get user handle", "user not found")


def verify(call: Call, challenge: Challenge, user: User, assertion: Assertion) -> Credential:
    """The credential of this user that signed the assertion. Raises ApiError 401."""
    usable = {
        credential.id: credential for credential in user.credentials.values() if call.mfa or not credential.is_mfa
    }
    try:
        _check_session(call, challenge, usable, assertion)
        if assertion.credential_id not in usable:
            raise webauthn.Refused("Unable to find the credential for the returned credential ID")
        credential = usable[assertion.credential_id]
        _check_answer(call, challenge, credential, assertion)
    except webauthn.Refused as refused:
        raise ApiError(401, FAULT_TITLE, str(refused)) from refused
    except webauthn.UserNotVerified as missing:
        raise ApiError(401, FAULT_TITLE, "Error validating the authenticator response") from missing
    return credential


def _check_session(call: Call, challenge: Challenge, usable: dict[str, Credential], assertion: Assertion) -> None:
    expires = challenge.user_id or call.state.strict_expiry
    if expires and call.state.now() > challenge.expires_at:
        raise webauthn.Refused("Session has Expired")
    if not challenge.user_id:
        return
    if challenge.allowed[-1] not in usable:  # go-webauthn keeps only the result for the last one
        raise webauthn.Refused("User does not own all credentials from the allowedCredentialList")
    if assertion.credential_id not in challenge.allowed:
        raise webauthn.Refused("User does not own the credential returned")


def _check_answer(call: Call, challenge: Challenge, credential: Credential, assertion: Assertion) -> None:
    configuration = call.tenant.configuration
    webauthn.check_client_data(assertion.client_data, expected_type="webauthn.get", origins=configuration.origins)
    webauthn.check_authenticator_data(
        assertion.authenticator_data,
        rp_id=configuration.rp_id,
        user_verification=challenge.user_verification,
    )
    key = cbor2.loads(unb64url(credential.public_key))
    signed = assertion.authenticator_data.raw + assertion.client_data.hash
    if panics(key):
        raise ConnectionDropped
    fault = signature_fault(key, assertion.signature, signed)
    if fault:
        raise webauthn.Refused(f"Error validating the assertion signature: {fault}")


def succeed(call: Call, assertion: Assertion, credential: Credential) -> None:
    """Change what a good assertion changes. The server does not store the counter."""
    credential.backup_eligible = assertion.authenticator_data.backup_eligible
    credential.backup_state = assertion.authenticator_data.backup_state
    credential.last_used_at = call.state.stored_now()
    credential.touch()
    call.forget(assertion.client_data.challenge)
