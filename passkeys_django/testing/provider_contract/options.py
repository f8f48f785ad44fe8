"""What a provider says about itself, and the options that start a ceremony."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from ...models import PROVIDER_MAX_LENGTH
from ...protocol.base64url import base64url_decode, base64url_encode
from ...protocol.public_keys import ALGORITHMS
from ...protocol.relying_party import RelyingParty
from ...providers.base import BaseProvider, UserEntity
from ...providers.options import CHALLENGE_MIN_BYTES
from .site import OTHERS, ProviderSite, SiteFixtures


class OptionsContract(SiteFixtures):
    """What happens before the browser is asked."""

    def test_it_is_content_with_good_options(self, provider: BaseProvider) -> None:
        assert provider.check() == []

    def test_its_identity_says_whether_somebody_else_holds_a_copy(self, provider: BaseProvider) -> None:
        assert isinstance(provider.identity, str)
        assert bool(provider.identity) is provider.keeps_copies

    def test_its_identity_is_stable_and_fits_its_column(self, provider: BaseProvider) -> None:
        assert provider.identity == provider.identity
        assert len(provider.identity) <= PROVIDER_MAX_LENGTH

    def test_creation_options_are_complete(self, site: ProviderSite) -> None:
        options = site.creation_options()

        assert options["rp"]["id"] == site.relying_party.id
        assert options["rp"]["name"]
        assert options["user"]["id"] == base64url_encode(site.user.handle.encode())
        assert options["user"]["name"] == "ada"
        assert options["user"]["displayName"] == "Ada Lovelace"
        assert options["excludeCredentials"] == []
        assert options["authenticatorSelection"]["residentKey"] == "required"
        assert options["authenticatorSelection"]["requireResidentKey"] is True
        assert options["authenticatorSelection"]["userVerification"] in ("required", "preferred", "discouraged")
        assert options["attestation"] == "none"
        assert len(base64url_decode(options["challenge"])) >= CHALLENGE_MIN_BYTES

    def test_request_options_are_those_of_a_discoverable_login(self, site: ProviderSite) -> None:
        options = site.request_options()

        assert options["rpId"] == site.relying_party.id
        assert options["userVerification"] in ("required", "preferred", "discouraged")
        assert not options.get("allowCredentials")
        assert len(base64url_decode(options["challenge"])) >= CHALLENGE_MIN_BYTES

    def test_the_algorithms_are_those_that_we_can_verify_ourselves(self, site: ProviderSite) -> None:
        expected = [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS]

        assert site.creation_options()["pubKeyCredParams"] == expected

    def test_no_challenge_comes_twice(self, site: ProviderSite) -> None:
        challenges = {site.request_options()["challenge"] for _ in range(100)}
        challenges |= {site.creation_options()["challenge"] for _ in range(100)}

        assert len(challenges) == 200

    def test_excluded_credentials_are_named_with_their_transports(self, site: ProviderSite) -> None:
        options = site.creation_options(exclude=iter(OTHERS))

        assert options["excludeCredentials"] == [credential.to_json() for credential in OTHERS]

    def test_allowed_credentials_are_named_with_their_transports(self, site: ProviderSite) -> None:
        options = site.request_options(allow=iter(OTHERS))

        assert options["allowCredentials"] == [credential.to_json() for credential in OTHERS]

    @pytest.mark.parametrize("name", ["", "   ", "x" * 300, "Zoë 🦊", "a\x00b", "ada@example.com"], ids=ascii)
    def test_no_name_makes_it_stumble(self, site: ProviderSite, name: str) -> None:
        user = UserEntity(handle=site.user.handle, name=name, display_name=name)

        options = site.creation_options(user=user)

        assert isinstance(options["user"]["name"], str)
        assert isinstance(options["user"]["displayName"], str)

    def test_another_rp_id_is_a_configuration_error(
        self, site: ProviderSite, other_relying_party: RelyingParty
    ) -> None:
        if not self.works_for_one_rp_id:
            assert site.creation_options(relying_party=other_relying_party)["rp"]["id"] == other_relying_party.id
            assert site.request_options(relying_party=other_relying_party)["rpId"] == other_relying_party.id
            return

        for start in (site.creation_options, site.request_options):
            with pytest.raises(ImproperlyConfigured) as caught:
                start(relying_party=other_relying_party)

            assert other_relying_party.id in str(caught.value)
            assert site.relying_party.id in str(caught.value)
