"""The tokens that a provider accepts and refuses."""

import pytest

from ...protocol.relying_party import RelyingParty
from ...providers.tokens import InvalidToken
from .site import ProviderSite, SiteFixtures


class TokenContract(SiteFixtures):
    """The tokens that finalized ceremonies return."""

    def test_a_token_that_was_changed_is_refused(self, site: ProviderSite) -> None:
        _token, credential = site.register()
        token = site.login(credential)
        head, payload, signature = token.split(".")
        flipped = ("B" if signature[5] == "A" else "A").join((signature[:5], signature[6:]))

        for changed in (f"{head}.{payload}.{flipped}", f"{head}.{payload}.", f"{head}.{payload}", "", "a.b.c"):
            with pytest.raises(InvalidToken):
                site.provider.verify_token(changed, relying_party=site.relying_party)

    def test_a_token_is_for_its_relying_party_only(
        self, site: ProviderSite, other_relying_party: RelyingParty
    ) -> None:
        _token, credential = site.register()
        token = site.login(credential)

        with pytest.raises(InvalidToken):
            site.provider.verify_token(token, relying_party=other_relying_party)

    def test_the_token_of_one_ceremony_in_place_of_the_others(self, site: ProviderSite) -> None:
        registered, credential = site.register()
        logged_in = site.login(credential)

        for verify, token in (
            (site.provider.verify_token, registered),
            (site.provider.verify_registration_token, logged_in),
        ):
            if self.tokens_name_their_ceremony:
                with pytest.raises(InvalidToken):
                    verify(token, relying_party=site.relying_party)
            else:
                claims = verify(token, relying_party=site.relying_party)
                assert claims.credential_id == credential.id
