"""The embedded provider: the contract, and what is its own."""

import jwt
import pytest
from django.test import override_settings

from passkeys_django.exceptions import LoginFailed
from passkeys_django.protocol.credentials import parse_authentication
from passkeys_django.providers.embedded import EmbeddedProvider
from passkeys_django.providers.tokens import InvalidToken
from passkeys_django.testing import cose
from passkeys_django.testing.provider_contract import ProviderContract


class TestEmbeddedProvider(ProviderContract):
    works_for_one_rp_id = False
    tokens_name_their_ceremony = True

    @pytest.fixture
    def provider(self):
        return EmbeddedProvider()

    def test_it_takes_no_options(self):
        with pytest.raises(TypeError):
            EmbeddedProvider(api_key="x")

    @pytest.mark.parametrize("verification", ["required", "preferred", "discouraged"])
    def test_user_verification_is_asked_for_as_the_settings_say(self, site, verification):
        with override_settings(PASSKEY_USER_VERIFICATION=verification):
            assert site.creation_options()["authenticatorSelection"]["userVerification"] == verification
            assert site.request_options()["userVerification"] == verification

    def test_browsers_do_not_verify_users_without_their_presence(self, site):
        with override_settings(PASSKEY_USER_VERIFICATION="required"):
            options = site.creation_options(conditional=True)

        assert options["authenticatorSelection"]["userVerification"] == "preferred"

    def test_c2_people_get_five_minutes(self, site):
        assert site.creation_options()["timeout"] == site.request_options()["timeout"] == 300_000

    def test_old_browsers_are_asked_for_a_discoverable_credential_too(self, site):
        assert site.creation_options()["authenticatorSelection"]["requireResidentKey"] is True

    def test_the_key_that_the_row_holds_verifies_and_no_other(self, site):
        _token, credential = site.register()
        stranger = cose.generate(cose.ES256)
        answer = site.authenticator.get(site.request_options())

        with pytest.raises(LoginFailed):
            site.provider.finalize_login(
                relying_party=site.relying_party,
                credential=parse_authentication(answer),
                user_handle=site.user.handle.encode(),
                public_key=stranger.public_key,
            )

        assert credential.public_key != stranger.public_key

    def test_a_user_handle_of_any_bytes_survives_the_token(self, site):
        _token, credential = site.register()
        answer = site.authenticator.get(site.request_options())
        handle = bytes(range(192, 256))

        token = site.provider.finalize_login(
            relying_party=site.relying_party,
            credential=parse_authentication(answer),
            user_handle=handle,
            public_key=credential.public_key,
        )

        assert site.provider.verify_token(token, relying_party=site.relying_party).user_handle == handle

    def test_a_token_of_another_installation_is_refused(self, site):
        _token, credential = site.register()
        with override_settings(SECRET_KEY="another"):
            token = site.login(credential)

        with pytest.raises(InvalidToken):
            site.provider.verify_token(token, relying_party=site.relying_party)

    def test_a_login_token_lives_30_seconds_and_says_what_it_is(self, site):
        _token, credential = site.register()
        token = site.login(credential)

        claims = jwt.decode(token, options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == 30
        assert set(claims) == {"sub", "cred", "aud", "iat", "exp"}
        assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "passkey-login+jwt"}
