"""What every provider promises. A provider's tests inherit these and override the fixtures.

Only public methods of `BaseProvider` are used here, and answers of a software authenticator with real keys, so
the service behind the provider may be anything: this process, a fake on a local port, a real server.
"""

from dataclasses import dataclass

import pytest
from django.core.exceptions import ImproperlyConfigured

from passkeys_django.base64url import base64url_decode, base64url_encode
from passkeys_django.credentials import RegistrationCredential, parse_authentication, parse_registration
from passkeys_django.exceptions import LoginFailed, UnsupportedFeature
from passkeys_django.models import PROVIDER_MAX_LENGTH, CredentialDescriptor, new_user_handle
from passkeys_django.providers.base import BaseProvider, UserEntity
from passkeys_django.relying_party import RelyingParty
from passkeys_django.testing import SoftwareAuthenticator
from passkeys_django.tokens import InvalidToken

ALGORITHMS = [-8, -7, -257]
CHALLENGE_MIN_BYTES = 16
UNKNOWN_ID = base64url_encode(b"a credential that nobody knows")
OTHERS = [
    CredentialDescriptor(id=base64url_encode(b"first"), transports=("usb", "nfc")),
    CredentialDescriptor(id=base64url_encode(b"second")),
]


@dataclass
class Site:
    """A site in front of the provider, and a person with an authenticator."""

    provider: BaseProvider
    relying_party: RelyingParty
    authenticator: SoftwareAuthenticator
    user: UserEntity

    def creation_options(self, **arguments):
        arguments = {"relying_party": self.relying_party, "user": self.user} | arguments
        return self.provider.start_registration(**arguments)

    def request_options(self, **arguments):
        return self.provider.start_login(**{"relying_party": self.relying_party} | arguments)

    def register(self, options=None, **overrides) -> tuple[str, RegistrationCredential]:
        """The token of a new registration, and the credential."""
        answer = self.authenticator.create(options or self.creation_options(), **overrides)
        credential = parse_registration(answer)
        token = self.provider.finalize_registration(
            relying_party=self.relying_party, credential=credential, user_handle=self.user.handle
        )
        return token, credential

    def login(self, registration: RegistrationCredential, **overrides) -> str:
        """The token of a login with a credential that was registered before."""
        answer = self.authenticator.get(self.request_options(), credential_id=registration.id, **overrides)
        return self.provider.finalize_login(
            relying_party=self.relying_party,
            credential=parse_authentication(answer),
            user_handle=self.user.handle.encode(),
            public_key=registration.public_key,
        )


class ProviderContract:
    """Inherit as `class TestMyProvider(ProviderContract)` and override at least the fixture `provider`."""

    works_for_one_rp_id = True
    """Does the service know its RP ID itself? The embedded provider takes the relying party's."""
    tokens_name_their_ceremony = False
    """Can the token of a registration be told from that of a login?"""

    @pytest.fixture
    def provider(self) -> BaseProvider:
        raise NotImplementedError

    @pytest.fixture
    def relying_party(self) -> RelyingParty:
        return RelyingParty(id="testserver", name="Test server", origins=("https://testserver",))

    @pytest.fixture
    def other_relying_party(self) -> RelyingParty:
        """One that the service does not work for."""
        return RelyingParty(id="other.example", name="Other", origins=("https://other.example",))

    @pytest.fixture
    def algorithm(self) -> int:
        return -7

    @pytest.fixture
    def authenticator(self, relying_party, algorithm) -> SoftwareAuthenticator:
        return SoftwareAuthenticator(origin=relying_party.origins[0], algorithm=algorithm)

    @pytest.fixture
    def entity(self) -> UserEntity:
        return UserEntity(handle=new_user_handle(), name="ada", display_name="Ada Lovelace")

    @pytest.fixture
    def site(self, provider, relying_party, authenticator, entity) -> Site:
        return Site(provider=provider, relying_party=relying_party, authenticator=authenticator, user=entity)

    # What it says about itself

    def test_it_is_content_with_good_options(self, provider):
        assert provider.check() == []

    def test_its_identity_says_whether_somebody_else_holds_a_copy(self, provider):
        assert isinstance(provider.identity, str)
        assert bool(provider.identity) is provider.keeps_copies

    def test_its_identity_is_stable_and_fits_its_column(self, provider):
        assert provider.identity == provider.identity
        assert len(provider.identity) <= PROVIDER_MAX_LENGTH

    # Options

    def test_creation_options_are_complete(self, site):
        options = site.creation_options()

        assert options["rp"]["id"] == site.relying_party.id
        assert options["rp"]["name"]
        assert options["user"]["id"] == base64url_encode(site.user.handle.encode())
        assert options["user"]["name"] == "ada"
        assert options["user"]["displayName"] == "Ada Lovelace"
        assert options["excludeCredentials"] == []
        assert options["authenticatorSelection"]["residentKey"] == "required"
        assert options["authenticatorSelection"]["userVerification"] in ("required", "preferred", "discouraged")
        assert options["attestation"] == "none"
        assert len(base64url_decode(options["challenge"])) >= CHALLENGE_MIN_BYTES

    def test_request_options_are_those_of_a_discoverable_login(self, site):
        options = site.request_options()

        assert options["rpId"] == site.relying_party.id
        assert options["userVerification"] in ("required", "preferred", "discouraged")
        assert not options.get("allowCredentials")
        assert len(base64url_decode(options["challenge"])) >= CHALLENGE_MIN_BYTES

    def test_c7_the_algorithms_are_those_that_we_can_verify_ourselves(self, site):
        expected = [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS]

        assert site.creation_options()["pubKeyCredParams"] == expected

    def test_c1_no_challenge_comes_twice(self, site):
        challenges = {site.request_options()["challenge"] for _ in range(100)}
        challenges |= {site.creation_options()["challenge"] for _ in range(100)}

        assert len(challenges) == 200

    def test_c11_excluded_credentials_are_named_with_their_transports(self, site):
        options = site.creation_options(exclude=iter(OTHERS))

        assert options["excludeCredentials"] == [credential.to_json() for credential in OTHERS]

    def test_allowed_credentials_are_named_with_their_transports(self, site):
        options = site.request_options(allow=iter(OTHERS))

        assert options["allowCredentials"] == [credential.to_json() for credential in OTHERS]

    @pytest.mark.parametrize("name", ["", "   ", "x" * 300, "Zoë 🦊", "a\x00b", "ada@example.com"], ids=ascii)
    def test_no_name_makes_it_stumble(self, site, name):
        user = UserEntity(handle=site.user.handle, name=name, display_name=name)

        options = site.creation_options(user=user)

        assert isinstance(options["user"]["name"], str)
        assert isinstance(options["user"]["displayName"], str)

    def test_another_rp_id_is_a_configuration_error(self, site, other_relying_party):
        if not self.works_for_one_rp_id:
            assert site.creation_options(relying_party=other_relying_party)["rp"]["id"] == other_relying_party.id
            assert site.request_options(relying_party=other_relying_party)["rpId"] == other_relying_party.id
            return

        for start in (site.creation_options, site.request_options):
            with pytest.raises(ImproperlyConfigured) as caught:
                start(relying_party=other_relying_party)

            assert other_relying_party.id in str(caught.value)
            assert site.relying_party.id in str(caught.value)

    # Registration and login

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_a_registration_ends_in_a_token_about_this_credential_and_user(self, site):
        token, credential = site.register()

        claims = site.provider.verify_registration_token(token, relying_party=site.relying_party)

        assert claims.credential_id == credential.id
        assert claims.user_handle == site.user.handle.encode()

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_a_login_ends_in_a_token_about_this_credential_and_user(self, site):
        _token, credential = site.register()

        claims = site.provider.verify_token(site.login(credential), relying_party=site.relying_party)

        assert claims.credential_id == credential.id
        assert claims.user_handle == site.user.handle.encode()

    def test_each_of_a_users_passkeys_signs_in(self, site):
        credentials = [site.register()[1] for _ in range(3)]

        for credential in credentials:
            claims = site.provider.verify_token(site.login(credential), relying_party=site.relying_party)
            assert claims.credential_id == credential.id

    def test_a_statement_that_nobody_asked_for_does_no_harm(self, site):
        token, credential = site.register(fmt="packed")

        claims = site.provider.verify_registration_token(token, relying_party=site.relying_party)
        assert claims.credential_id == credential.id

    @pytest.mark.parametrize("transports", [None, [], ["usb", "usb"], ["something-new"]], ids=repr)
    def test_no_list_of_transports_makes_it_stumble(self, site, transports):
        token, credential = site.register(transports=transports)

        claims = site.provider.verify_registration_token(token, relying_party=site.relying_party)
        assert claims.credential_id == credential.id

    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_a_wrong_signature_is_refused(self, site):
        _token, credential = site.register()

        with pytest.raises(LoginFailed):
            site.login(credential, tamper_signature=True)

    @pytest.mark.parametrize("signature", [b"\x00", b"\x30\x00", b"\xff" * 64, b"\x00" * 256], ids=len)
    def test_a_signature_that_is_none_is_refused(self, site, signature):
        _token, credential = site.register()

        with pytest.raises(LoginFailed):
            site.login(credential, signature=signature)

    def test_a_login_goes_on_after_a_refused_one(self, site):
        _token, credential = site.register()
        with pytest.raises(LoginFailed):
            site.login(credential, tamper_signature=True)

        assert site.provider.verify_token(site.login(credential), relying_party=site.relying_party)

    def test_a_registration_without_user_presence_works_or_is_refused_at_once(self, site):
        if not site.provider.takes_conditional_registration:
            with pytest.raises(UnsupportedFeature):
                site.creation_options(conditional=True)
            return

        options = site.creation_options(conditional=True)
        assert options["authenticatorSelection"]["userVerification"] != "required"
        token, credential = site.register(options, flags={"up": False, "uv": False})
        claims = site.provider.verify_registration_token(token, relying_party=site.relying_party)
        assert claims.credential_id == credential.id

    # Tokens

    def test_a_token_that_was_changed_is_refused(self, site):
        _token, credential = site.register()
        token = site.login(credential)
        head, payload, signature = token.split(".")
        flipped = ("B" if signature[5] == "A" else "A").join((signature[:5], signature[6:]))

        for changed in (f"{head}.{payload}.{flipped}", f"{head}.{payload}.", f"{head}.{payload}", "", "a.b.c"):
            with pytest.raises(InvalidToken):
                site.provider.verify_token(changed, relying_party=site.relying_party)

    def test_a_token_is_for_its_relying_party_only(self, site, other_relying_party):
        _token, credential = site.register()
        token = site.login(credential)

        with pytest.raises(InvalidToken):
            site.provider.verify_token(token, relying_party=other_relying_party)

    def test_the_token_of_one_ceremony_in_place_of_the_others(self, site):
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

    # Copies

    def test_without_copies_there_is_nothing_to_look_up_rename_or_delete(self, provider):
        if provider.keeps_copies:
            pytest.skip("keeps copies")

        with pytest.raises(UnsupportedFeature):
            provider.has_credential(UNKNOWN_ID)
        with pytest.raises(UnsupportedFeature):
            provider.rename_credential(UNKNOWN_ID, name="Phone")
        with pytest.raises(UnsupportedFeature):
            provider.delete_credential(UNKNOWN_ID)

    def test_a_copy_is_there_from_registration_to_deletion(self, site):
        self._needs_copies(site.provider)
        _token, credential = site.register()
        assert site.provider.has_credential(credential.id) is True

        site.provider.delete_credential(credential.id)

        assert site.provider.has_credential(credential.id) is False

    def test_deleting_a_copy_twice_is_fine(self, site):
        self._needs_copies(site.provider)
        _token, credential = site.register()

        site.provider.delete_credential(credential.id)
        site.provider.delete_credential(credential.id)
        site.provider.delete_credential(UNKNOWN_ID)

    def test_deleting_one_copy_leaves_the_others(self, site):
        self._needs_copies(site.provider)
        (_one, first), (_two, second) = site.register(), site.register()

        site.provider.delete_credential(first.id)

        assert site.provider.has_credential(second.id) is True
        assert site.provider.verify_token(site.login(second), relying_party=site.relying_party)

    def test_a_deleted_copy_signs_nobody_in(self, site):
        self._needs_copies(site.provider)
        _token, credential = site.register()
        site.provider.delete_credential(credential.id)

        with pytest.raises(LoginFailed):
            site.login(credential)

    def test_an_unknown_credential_has_no_copy(self, provider):
        self._needs_copies(provider)

        assert provider.has_credential(UNKNOWN_ID) is False

    @pytest.mark.parametrize("name", ["Phone", "x" * 100, "Zoë 🦊", "<b>"], ids=ascii)
    def test_a_copy_can_be_renamed_and_goes_on_working(self, site, name):
        self._needs_copies(site.provider)
        _token, credential = site.register()

        site.provider.rename_credential(credential.id, name=name)

        assert site.provider.has_credential(credential.id) is True
        assert site.provider.verify_token(site.login(credential), relying_party=site.relying_party)

    def _needs_copies(self, provider):
        if not provider.keeps_copies:
            pytest.skip("keeps no copies")

    def test_copies_are_listed_with_all_that_a_site_needs_to_do_without_the_service(self, site):
        self._needs_copies(site.provider)
        credentials = {credential.id: credential for credential in (site.register()[1] for _ in range(3))}

        listed = {copy.id: copy for copy in site.provider.list_credentials()}

        assert set(listed) == set(credentials)
        for id_, copy in listed.items():
            assert copy.public_key == credentials[id_].public_key
            assert copy.user_id == site.user.handle
            assert copy.aaguid == credentials[id_].aaguid
            assert copy.created_at.tzinfo is not None
            assert not copy.is_second_factor
