"""A site that uses the provider, and the fixtures that make the site."""

from dataclasses import dataclass
from typing import Any, Unpack

import pytest

from ...models import new_user_handle
from ...protocol.base64url import base64url_encode
from ...protocol.credentials import RegistrationCredential, parse_authentication, parse_registration
from ...protocol.descriptors import CredentialDescriptor
from ...protocol.relying_party import RelyingParty
from ...providers.base import BaseProvider, Options, UserEntity
from ..authenticator import SoftwareAuthenticator
from ..overrides import CreateOverrides, GetOverrides

UNKNOWN_ID = base64url_encode(b"a credential that nobody knows")
OTHERS = [
    CredentialDescriptor(id=base64url_encode(b"first"), transports=("usb", "nfc")),
    CredentialDescriptor(id=base64url_encode(b"second")),
]


@dataclass
class ProviderSite:
    """A site that uses the provider, and a user with an authenticator."""

    provider: BaseProvider
    relying_party: RelyingParty
    authenticator: SoftwareAuthenticator
    user: UserEntity

    def creation_options(self, **arguments: Any) -> Options:
        defaults: dict[str, Any] = {"relying_party": self.relying_party, "user": self.user}
        return self.provider.start_registration(**defaults | arguments)

    def request_options(self, **arguments: Any) -> Options:
        return self.provider.start_login(**{"relying_party": self.relying_party} | arguments)

    def register(
        self, options: Options | None = None, **overrides: Unpack[CreateOverrides]
    ) -> tuple[str, RegistrationCredential]:
        """The token of a new registration, and the credential."""
        answer = self.authenticator.create(options or self.creation_options(), **overrides)
        credential = parse_registration(answer)
        token = self.provider.finalize_registration(
            relying_party=self.relying_party, credential=credential, user_handle=self.user.handle
        )
        return token, credential

    def login(self, registration: RegistrationCredential, **overrides: Unpack[GetOverrides]) -> str:
        """The token of a login with a registered credential."""
        answer = self.authenticator.get(self.request_options(), credential_id=registration.id, **overrides)
        return self.provider.finalize_login(
            relying_party=self.relying_party,
            credential=parse_authentication(answer),
            user_handle=self.user.handle.encode(),
            public_key=registration.public_key,
        )


class SiteFixtures:
    """All fixtures of the contract except `provider`, and two attributes in which providers differ."""

    works_for_one_rp_id = True
    """Is the service set up for one RP ID? If not, like the embedded provider, it uses the relying party's."""
    tokens_name_their_ceremony = False
    """Does a token say whether it is from a registration or from a login?"""

    @pytest.fixture
    def relying_party(self) -> RelyingParty:
        return RelyingParty(id="testserver", name="Test server", origins=("https://testserver",))

    @pytest.fixture
    def other_relying_party(self) -> RelyingParty:
        """A relying party for which the service does not work."""
        return RelyingParty(id="other.example", name="Other", origins=("https://other.example",))

    @pytest.fixture
    def algorithm(self) -> int:
        return -7

    @pytest.fixture
    def authenticator(self, relying_party: RelyingParty, algorithm: int) -> SoftwareAuthenticator:
        return SoftwareAuthenticator(origin=relying_party.origins[0], algorithm=algorithm)

    @pytest.fixture
    def entity(self) -> UserEntity:
        return UserEntity(handle=new_user_handle(), name="ada", display_name="Ada Lovelace")

    @pytest.fixture
    def site(
        self,
        provider: BaseProvider,
        relying_party: RelyingParty,
        authenticator: SoftwareAuthenticator,
        entity: UserEntity,
    ) -> ProviderSite:
        return ProviderSite(
            provider=provider, relying_party=relying_party, authenticator=authenticator, user=entity
        )
