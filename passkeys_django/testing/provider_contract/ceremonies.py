"""Registration and login, with every algorithm and with wrong answers."""

import pytest

from ...exceptions import LoginFailed, UnsupportedFeature
from ...protocol.public_keys import ALGORITHMS
from .site import ProviderSite, SiteFixtures


class CeremonyContract(SiteFixtures):
    """Whole ceremonies, from the options to the token."""

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_a_registration_ends_in_a_token_about_this_credential_and_user(self, site: ProviderSite) -> None:
        token, credential = site.register()

        claims = site.provider.verify_registration_token(token, relying_party=site.relying_party)

        assert claims.credential_id == credential.id
        assert claims.user_handle == site.user.handle.encode()

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_a_login_ends_in_a_token_about_this_credential_and_user(self, site: ProviderSite) -> None:
        _token, credential = site.register()

        claims = site.provider.verify_token(site.login(credential), relying_party=site.relying_party)

        assert claims.credential_id == credential.id
        assert claims.user_handle == site.user.handle.encode()

    def test_each_of_a_users_passkeys_signs_in(self, site: ProviderSite) -> None:
        credentials = [site.register()[1] for _ in range(3)]

        for credential in credentials:
            claims = site.provider.verify_token(site.login(credential), relying_party=site.relying_party)
            assert claims.credential_id == credential.id

    def test_a_statement_that_nobody_asked_for_does_no_harm(self, site: ProviderSite) -> None:
        token, credential = site.register(fmt="packed")

        claims = site.provider.verify_registration_token(token, relying_party=site.relying_party)
        assert claims.credential_id == credential.id

    @pytest.mark.parametrize("transports", [None, [], ["usb", "usb"], ["something-new"]], ids=repr)
    def test_no_list_of_transports_makes_it_stumble(
        self, site: ProviderSite, transports: list[str] | None
    ) -> None:
        token, credential = site.register(transports=transports)

        claims = site.provider.verify_registration_token(token, relying_party=site.relying_party)
        assert claims.credential_id == credential.id

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_a_wrong_signature_is_refused(self, site: ProviderSite) -> None:
        _token, credential = site.register()

        with pytest.raises(LoginFailed):
            site.login(credential, tamper_signature=True)

    @pytest.mark.parametrize("signature", [b"\x00", b"\x30\x00", b"\xff" * 64, b"\x00" * 256], ids=len)
    def test_a_signature_that_is_none_is_refused(self, site: ProviderSite, signature: bytes) -> None:
        _token, credential = site.register()

        with pytest.raises(LoginFailed):
            site.login(credential, signature=signature)

    def test_a_login_goes_on_after_a_refused_one(self, site: ProviderSite) -> None:
        _token, credential = site.register()
        with pytest.raises(LoginFailed):
            site.login(credential, tamper_signature=True)

        assert site.provider.verify_token(site.login(credential), relying_party=site.relying_party)

    def test_a_registration_without_user_presence_works_or_is_refused_at_once(self, site: ProviderSite) -> None:
        if not site.provider.takes_conditional_registration:
            with pytest.raises(UnsupportedFeature):
                site.creation_options(conditional=True)
            return

        options = site.creation_options(conditional=True)
        assert options["authenticatorSelection"]["userVerification"] != "required"
        token, credential = site.register(options, flags={"up": False, "uv": False})
        claims = site.provider.verify_registration_token(token, relying_party=site.relying_party)
        assert claims.credential_id == credential.id
