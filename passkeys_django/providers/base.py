"""The contract of a provider, on one page. The base class fixes the order of steps; a provider adds its own part.

A provider computes and stores nothing: it never touches request, session or ORM. Threads may share a provider.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar

from django.core.checks import CheckMessage

from ..exceptions import UnsupportedFeature
from ..protocol.credentials import AuthenticationCredential, RegistrationCredential
from ..protocol.descriptors import CredentialDescriptor, handle_spellings
from ..protocol.relying_party import RelyingParty
from .findings import Finding
from .options import Options, check_options, checked_creation, discoverable
from .second_factors import SecondFactors
from .tokens import Claims
from .transactions import Transactions
from .values import ProviderCredential, UnreadableCredential, UserEntity

__all__ = [
    "BaseProvider",
    "Options",
    "ProviderCredential",
    "UnreadableCredential",
    "UserEntity",
    "is_text",
]


class BaseProvider(SecondFactors, Transactions, ABC):
    """Runs the ceremonies. The constructor gets OPTIONS of PASSKEY_PROVIDERS as keyword arguments."""

    keeps_copies: ClassVar[bool] = False
    """Does the service hold its own copies of passkeys, which we must look up, rename and delete with ours?"""

    takes_conditional_registration: ClassVar[bool] = False
    """Does the provider finalize a registration without user presence (`mediation: "conditional"`)?"""

    pause_after_failure: float = 30.0
    """Seconds during which we send nothing to a provider that was found down (with PASSKEY_LOCAL_FALLBACK)."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """Names the service that holds copies, never by an alias of the settings; empty if no service does."""

    def start_registration(
        self,
        *,
        relying_party: RelyingParty,
        user: UserEntity,
        exclude: Iterable[CredentialDescriptor] = (),
        conditional: bool = False,
    ) -> Options:
        """Complete PublicKeyCredentialCreationOptionsJSON for a discoverable credential without attestation.

        Raises ProviderUnavailable, ProviderRejected, UnsupportedFeature, and ImproperlyConfigured if the provider
        works for another RP ID.
        """
        if conditional and not self.takes_conditional_registration:
            raise UnsupportedFeature(f"{type(self).__name__} does not accept a registration without user presence")
        options = self._creation_options(relying_party=relying_party, user=user, conditional=conditional)
        options = checked_creation(
            options, relying_party=relying_party, user=user, exclude=exclude, maker=type(self).__name__
        )
        return options | {"authenticatorSelection": discoverable(options.get("authenticatorSelection"))}

    def start_login(self, *, relying_party: RelyingParty, allow: Iterable[CredentialDescriptor] = ()) -> Options:
        """PublicKeyCredentialRequestOptionsJSON for a discoverable login; `allow` limits what the browser offers.

        Raises the same as `start_registration`.
        """
        options = self._request_options(relying_party=relying_party)
        check_options(options, rp_id=options.get("rpId"), relying_party=relying_party, maker=type(self).__name__)
        if allowed := [credential.to_json() for credential in allow]:
            options["allowCredentials"] = allowed
        return options

    @abstractmethod
    def finalize_registration(
        self, *, relying_party: RelyingParty, credential: RegistrationCredential, user_handle: str
    ) -> str:
        """The token of a registration. We have already checked the credential.

        Raises InvalidCredential, ProviderUnavailable, ProviderRejected.
        """

    @abstractmethod
    def finalize_login(
        self,
        *,
        relying_party: RelyingParty,
        credential: AuthenticationCredential,
        user_handle: bytes,
        public_key: bytes,
    ) -> str:
        """The token of a login. We have checked the other rules: the provider checks signature and ownership.

        Raises LoginFailed, ProviderUnavailable, ProviderRejected.
        """

    @abstractmethod
    def verify_token(self, token: str, *, relying_party: RelyingParty) -> Claims:
        """The claims of a login's token. Raises InvalidToken, ProviderUnavailable, ProviderRejected."""

    @abstractmethod
    def verify_registration_token(self, token: str, *, relying_party: RelyingParty) -> Claims:
        """The claims of a registration's token. Raises the same as `verify_token`."""

    def has_credential(self, credential_id: str) -> bool:
        """Does the service hold this credential? Raises UnsupportedFeature without `keeps_copies`."""
        raise self._unsupported("looking up credentials")

    def list_credentials(
        self, *, user_id: str | None = None
    ) -> Iterator[ProviderCredential | UnreadableCredential]:
        """The credentials that the service holds: all, or those of one user. They are fetched lazily.

        Raises UnsupportedFeature without `keeps_copies`.
        """
        raise self._unsupported("listing credentials")

    def rename_credential(self, credential_id: str, *, name: str) -> None:
        """Rename the service's copy, if there is one. Raises UnsupportedFeature without `keeps_copies`."""
        raise self._unsupported("renaming credentials")

    def delete_credential(self, credential_id: str) -> None:
        """Delete the service's copy, if there is one, of whatever user. Our own code calls `delete_copy` instead.

        Raises UnsupportedFeature without `keeps_copies`.
        """
        raise self._unsupported("deleting credentials")

    def finishes_logins_of(self, user_handle: bytes) -> bool:
        """Can the service finish logins of the user with this handle? If not, this site verifies them instead."""
        return True

    def credentials_of(self, user_handle: bytes) -> Iterator[ProviderCredential | UnreadableCredential]:
        """What the service holds for the user with this handle, in any spelling of the handle. Fetched lazily.

        Raises the same as `list_credentials`.
        """
        for user_id in filter(is_text, handle_spellings(user_handle)):  # at a service, a user's id is always text
            yield from self.list_credentials(user_id=user_id.decode())

    def delete_copy(self, *, credential_id: str, user_handle: bytes) -> None:
        """Delete the service's copy of this credential, if the service holds one for this user.

        A user can choose the id of a credential, so the id alone does not say whose copy it is. Checking the user
        keeps people from deleting the copies of others. Raises UnsupportedFeature without `keeps_copies`,
        ProviderUnavailable, ProviderRejected.
        """
        if any(copy.id == credential_id for copy in self.credentials_of(user_handle)):
            self.delete_credential(credential_id)

    def check(self) -> list[CheckMessage]:
        """Messages about the OPTIONS for `manage.py check`."""
        return []

    def check_deployment(self) -> list[CheckMessage]:
        """Further messages about the OPTIONS, for `manage.py check --deploy` only."""
        return []

    def examine(self) -> Iterator[Finding]:
        """Findings about the service for `manage.py passkeys_doctor`. May call the service. Raises nothing."""
        return iter(())

    def configured_origins(self, *, admin_url: str) -> tuple[str, ...]:
        """The origins that the service accepts, as its admin API tells.

        Raises UnsupportedFeature without `keeps_copies`, ProviderUnavailable, ProviderRejected.
        """
        raise self._unsupported("reading its configuration")

    def examine_configuration(self, *, admin_url: str) -> Iterator[Finding]:
        """Findings about the service's configuration for `passkeys_doctor --admin-url`. Raises nothing."""
        return iter(())

    @abstractmethod
    def _creation_options(self, *, relying_party: RelyingParty, user: UserEntity, conditional: bool) -> Options:
        """Creation options without excludeCredentials."""

    @abstractmethod
    def _request_options(self, *, relying_party: RelyingParty) -> Options:
        """Request options of a discoverable login."""

    def _unsupported(self, what: str) -> UnsupportedFeature:
        return UnsupportedFeature(f"{type(self).__name__} does not support {what}")


def is_text(user_handle: bytes) -> bool:
    """Is the user handle UTF-8? The 16 raw bytes of a UUID hardly ever are."""
    try:
        user_handle.decode()
    except UnicodeDecodeError:
        return False
    return True
