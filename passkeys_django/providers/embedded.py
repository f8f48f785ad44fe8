"""The embedded provider: the ceremonies run in this process, and only our database holds the passkeys."""

import secrets

from ..conf import passkey_settings
from ..exceptions import LoginFailed
from ..protocol.base64url import base64url_encode
from ..protocol.credentials import AuthenticationCredential, RegistrationCredential
from ..protocol.public_keys import ALGORITHMS
from ..protocol.relying_party import RelyingParty
from .base import BaseProvider, Options, UserEntity
from .options import DISCOURAGED, REQUIRED
from .tokens import LOGIN_TYPE, REGISTRATION_TYPE, Claims, issue_embedded, verify_embedded
from .transactions import new_challenge

CHALLENGE_BYTES = 32
TIMEOUT = 300_000
"""Milliseconds; WebAuthn L3, 15.1 recommends 300000 to 600000."""


class EmbeddedProvider(BaseProvider):
    """Needs no account and no network.

    This provider also verifies passkeys of a provider that is down or no longer in the settings.
    """

    takes_conditional_registration = True

    @property
    def identity(self) -> str:
        return ""

    def _creation_options(self, *, relying_party: RelyingParty, user: UserEntity, conditional: bool) -> Options:
        # Browsers do not verify the user in a conditional registration: with "required", all of them would fail.
        return _creation(relying_party, user, "preferred" if conditional else passkey_settings.user_verification)

    def _request_options(self, *, relying_party: RelyingParty) -> Options:
        return _request(relying_party, passkey_settings.user_verification)

    def runs_second_factors_of(self, user_handle: bytes) -> bool:
        return True

    def _transaction_options(
        self, *, relying_party: RelyingParty, user_handle: bytes, transaction_id: str, text: str
    ) -> Options:
        challenge = new_challenge(transaction_id=transaction_id, text=text)
        return _request(relying_party, REQUIRED) | {"challenge": challenge}

    def _security_key_options(self, *, relying_party: RelyingParty, user: UserEntity) -> Options:
        return _creation(relying_party, user, DISCOURAGED)  # the least: the caller asks for more

    def _second_step_options(self, *, relying_party: RelyingParty, user_handle: bytes) -> Options:
        return _request(relying_party, DISCOURAGED)

    def finalize_registration(
        self, *, relying_party: RelyingParty, credential: RegistrationCredential, user_handle: str
    ) -> str:
        # With attestation "none" there is no signature to verify, and the caller has made all other checks.
        return issue_embedded(
            token_type=REGISTRATION_TYPE,
            user_handle=user_handle.encode(),
            credential_id=credential.id,
            audience=relying_party.id,
        )

    def finalize_login(
        self,
        *,
        relying_party: RelyingParty,
        credential: AuthenticationCredential,
        user_handle: bytes,
        public_key: bytes,
    ) -> str:
        if not credential.is_signed_by(public_key):
            raise LoginFailed("wrong signature")
        return issue_embedded(
            token_type=LOGIN_TYPE,
            user_handle=user_handle,
            credential_id=credential.id,
            audience=relying_party.id,
        )

    finalize_security_key = finalize_registration
    finalize_second_step = finalize_login

    def verify_token(self, token: str, *, relying_party: RelyingParty) -> Claims:
        return verify_embedded(token, token_type=LOGIN_TYPE, audience=relying_party.id)

    def verify_registration_token(self, token: str, *, relying_party: RelyingParty) -> Claims:
        return verify_embedded(token, token_type=REGISTRATION_TYPE, audience=relying_party.id)


def _creation(relying_party: RelyingParty, user: UserEntity, verification: str) -> Options:
    return {
        "rp": {"id": relying_party.id, "name": relying_party.name},
        "user": {
            "id": base64url_encode(user.handle.encode()),
            "name": user.name,
            "displayName": user.display_name,
        },
        "challenge": _new_challenge(),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "timeout": TIMEOUT,
        "authenticatorSelection": {"userVerification": verification},
    }


def _request(relying_party: RelyingParty, verification: str) -> Options:
    return {
        "challenge": _new_challenge(),
        "timeout": TIMEOUT,
        "rpId": relying_party.id,
        "userVerification": verification,
    }


def _new_challenge() -> str:
    return secrets.token_urlsafe(CHALLENGE_BYTES)
