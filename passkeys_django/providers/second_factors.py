"""The part of a provider's contract for security keys and second steps. A provider need not have this part.

Without it, this site runs these ceremonies itself, with the public keys that it has stored.
"""

from collections.abc import Iterable

from ..exceptions import UnsupportedFeature
from ..protocol.credentials import AuthenticationCredential, RegistrationCredential
from ..protocol.descriptors import CredentialDescriptor
from ..protocol.relying_party import RelyingParty
from .options import Options, check_options, checked_creation, not_discoverable, stronger
from .values import UserEntity


class SecondFactors:
    """A provider with this part overrides all methods but the two starts. Its tokens are those of its logins.

    `verification` is the user verification that the site asks for. A service may require more.
    """

    def runs_second_factors_of(self, user_handle: bytes) -> bool:
        """Can the service register security keys and run second steps for the user with this handle?"""
        return False

    def start_security_key(
        self,
        *,
        relying_party: RelyingParty,
        user: UserEntity,
        exclude: Iterable[CredentialDescriptor] = (),
        verification: str,
    ) -> Options:
        """PublicKeyCredentialCreationOptionsJSON for a credential that is not discoverable, on any authenticator.

        Raises the same as `start_registration`.
        """
        options = self._security_key_options(relying_party=relying_party, user=user)
        options = checked_creation(
            options, relying_party=relying_party, user=user, exclude=exclude, maker=type(self).__name__
        )
        selection = not_discoverable(options.get("authenticatorSelection"), verification=verification)
        return options | {"authenticatorSelection": selection}

    def start_second_step(
        self,
        *,
        relying_party: RelyingParty,
        user_handle: bytes,
        allow: Iterable[CredentialDescriptor],
        verification: str,
    ) -> Options:
        """PublicKeyCredentialRequestOptionsJSON for one user, who answers with one of the credentials `allow`.

        Raises the same as `start_login`.
        """
        options = self._second_step_options(relying_party=relying_party, user_handle=user_handle)
        check_options(options, rp_id=options.get("rpId"), relying_party=relying_party, maker=type(self).__name__)
        options["allowCredentials"] = [credential.to_json() for credential in allow]
        options["userVerification"] = stronger(options.get("userVerification"), verification)
        return options

    def finalize_security_key(
        self, *, relying_party: RelyingParty, credential: RegistrationCredential, user_handle: str
    ) -> str:
        """The same as `finalize_registration`, for a ceremony of `start_security_key`."""
        raise self._without_second_factors()

    def finalize_second_step(
        self,
        *,
        relying_party: RelyingParty,
        credential: AuthenticationCredential,
        user_handle: bytes,
        public_key: bytes,
    ) -> str:
        """The same as `finalize_login`, for a ceremony of `start_second_step`."""
        raise self._without_second_factors()

    def _security_key_options(self, *, relying_party: RelyingParty, user: UserEntity) -> Options:
        """Creation options without excludeCredentials."""
        raise self._without_second_factors()

    def _second_step_options(self, *, relying_party: RelyingParty, user_handle: bytes) -> Options:
        """Request options. This site replaces their `allowCredentials`."""
        raise self._without_second_factors()

    def _without_second_factors(self) -> UnsupportedFeature:
        return UnsupportedFeature(f"{type(self).__name__} has no security keys and no second steps")
