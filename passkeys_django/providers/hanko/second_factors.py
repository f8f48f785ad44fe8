"""Security keys and second steps at Hanko, with the endpoints below `/mfa`.

Hanko keeps passkeys and second factors apart only by its endpoint for logins (trap 13). So this site never asks
Hanko what a credential is good for.
"""

from abc import abstractmethod
from contextlib import AbstractContextManager

from ... import hanko
from ...exceptions import InvalidCredential, LoginFailed, PasskeyError, ProviderRejected
from ...protocol.credentials import AuthenticationCredential, RegistrationCredential
from ...protocol.relying_party import RelyingParty
from ..options import Options
from ..second_factors import SecondFactors
from ..values import UserEntity
from .wire import authentication_json, check_storable, is_user_id, registration_json, user_json


class HankoSecondFactors(SecondFactors):
    """The provider adds its client, and turns Hanko's errors into ours."""

    _client: hanko.HankoClient

    @abstractmethod
    def _translated(
        self, refusal: type[PasskeyError] = ProviderRejected, *, has_input: bool = False
    ) -> AbstractContextManager[None]: ...

    def runs_second_factors_of(self, user_handle: bytes) -> bool:
        return is_user_id(user_handle)

    def _security_key_options(self, *, relying_party: RelyingParty, user: UserEntity) -> Options:
        with self._translated(has_input=True):
            return dict(self._client.start_mfa_registration(**user_json(user))["publicKey"])

    def _second_step_options(self, *, relying_party: RelyingParty, user_handle: bytes) -> Options:
        with self._translated():
            return dict(self._client.start_mfa_login(user_id=user_handle.decode())["publicKey"])

    def finalize_security_key(
        self, *, relying_party: RelyingParty, credential: RegistrationCredential, user_handle: str
    ) -> str:
        check_storable(credential)
        with self._translated(refusal=InvalidCredential, has_input=True):
            return self._client.finalize_mfa_registration(credential=registration_json(credential))

    def finalize_second_step(
        self,
        *,
        relying_party: RelyingParty,
        credential: AuthenticationCredential,
        user_handle: bytes,
        public_key: bytes,
    ) -> str:
        with self._translated(refusal=LoginFailed, has_input=True):
            return self._client.finalize_mfa_login(credential=authentication_json(credential, user_handle))
