"""Security keys and second steps. These tests are skipped for a provider without them."""

import pytest

from ...exceptions import LoginFailed, UnsupportedFeature
from ...protocol.base64url import base64url_decode
from ...protocol.credentials import RegistrationCredential, parse_authentication, parse_registration
from ...providers.base import Options
from ...providers.options import CHALLENGE_MIN_BYTES
from .site import OTHERS, ProviderSite, SiteFixtures


class SecondFactorContract(SiteFixtures):
    """A security key, from its creation options to the token of a second step."""

    def test_without_second_factors_nothing_is_begun(self, site: ProviderSite) -> None:
        if site.provider.runs_second_factors_of(site.user.handle.encode()):
            pytest.skip("runs second factors")

        with pytest.raises(UnsupportedFeature):
            self._key_options(site)
        with pytest.raises(UnsupportedFeature):
            self._step_options(site)

    def test_a_key_is_not_discoverable_and_may_be_on_any_authenticator(self, site: ProviderSite) -> None:
        self._needs_second_factors(site)

        options = self._key_options(site)

        selection = options["authenticatorSelection"]
        assert selection["residentKey"] == "discouraged"
        assert selection["requireResidentKey"] is False
        assert "authenticatorAttachment" not in selection
        assert options["excludeCredentials"] == [credential.to_json() for credential in OTHERS]
        assert options["attestation"] == "none"
        assert len(base64url_decode(options["challenge"])) >= CHALLENGE_MIN_BYTES

    @pytest.mark.parametrize("verification", ["required", "preferred", "discouraged"])
    def test_user_verification_is_what_the_site_asks_for(self, site: ProviderSite, verification: str) -> None:
        self._needs_second_factors(site)

        selection = self._key_options(site, verification)["authenticatorSelection"]
        assert selection["userVerification"] == verification
        self._register(site)
        assert self._step_options(site, verification)["userVerification"] == verification

    def test_a_second_step_names_the_credentials_that_the_site_allows(self, site: ProviderSite) -> None:
        self._needs_second_factors(site)
        self._register(site)

        options = self._step_options(site)

        assert options["allowCredentials"] == [credential.to_json() for credential in OTHERS]
        assert options["rpId"] == site.relying_party.id

    def test_a_key_is_good_for_a_second_step(self, site: ProviderSite) -> None:
        self._needs_second_factors(site)
        token, key = self._register(site)
        claims = site.provider.verify_registration_token(token, relying_party=site.relying_party)
        assert claims.credential_id == key.id

        claims = site.provider.verify_token(self._step(site, key), relying_party=site.relying_party)

        assert claims.credential_id == key.id
        assert claims.user_handle == site.user.handle.encode()

    def test_a_passkey_is_good_for_a_second_step_too(self, site: ProviderSite) -> None:
        self._needs_second_factors(site)
        _token, passkey = site.register()

        claims = site.provider.verify_token(self._step(site, passkey), relying_party=site.relying_party)

        assert claims.credential_id == passkey.id

    def test_a_wrong_signature_of_a_key_is_refused(self, site: ProviderSite) -> None:
        self._needs_second_factors(site)
        _token, key = self._register(site)

        with pytest.raises(LoginFailed):
            self._step(site, key, tampered=True)

    def _needs_second_factors(self, site: ProviderSite) -> None:
        if not site.provider.runs_second_factors_of(site.user.handle.encode()):
            pytest.skip("runs no second factors")

    def _key_options(self, site: ProviderSite, verification: str = "discouraged") -> Options:
        return site.provider.start_security_key(
            relying_party=site.relying_party, user=site.user, exclude=iter(OTHERS), verification=verification
        )

    def _step_options(self, site: ProviderSite, verification: str = "discouraged") -> Options:
        return site.provider.start_second_step(
            relying_party=site.relying_party,
            user_handle=site.user.handle.encode(),
            allow=iter(OTHERS),
            verification=verification,
        )

    def _register(self, site: ProviderSite) -> tuple[str, RegistrationCredential]:
        credential = parse_registration(site.authenticator.create(self._key_options(site), flags={"uv": False}))
        token = site.provider.finalize_security_key(
            relying_party=site.relying_party, credential=credential, user_handle=site.user.handle
        )
        return token, credential

    def _step(self, site: ProviderSite, key: RegistrationCredential, *, tampered: bool = False) -> str:
        answer = site.authenticator.get(
            self._step_options(site), credential_id=key.id, flags={"uv": False}, tamper_signature=tampered
        )
        return site.provider.finalize_second_step(
            relying_party=site.relying_party,
            credential=parse_authentication(answer),
            user_handle=site.user.handle.encode(),
            public_key=key.public_key,
        )
