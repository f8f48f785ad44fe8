"""The copies that a service holds. These tests are skipped for a provider without copies."""

import pytest

from ...exceptions import LoginFailed, UnsupportedFeature
from ...providers.base import BaseProvider, ProviderCredential
from .site import UNKNOWN_ID, ProviderSite, SiteFixtures


class CopyContract(SiteFixtures):
    """Copies are looked up, renamed, deleted and listed together with the site's own rows."""

    def test_without_copies_there_is_nothing_to_look_up_rename_or_delete(self, provider: BaseProvider) -> None:
        if provider.keeps_copies:
            pytest.skip("keeps copies")

        with pytest.raises(UnsupportedFeature):
            provider.has_credential(UNKNOWN_ID)
        with pytest.raises(UnsupportedFeature):
            provider.rename_credential(UNKNOWN_ID, name="Phone")
        with pytest.raises(UnsupportedFeature):
            provider.delete_copy(credential_id=UNKNOWN_ID, user_handle=b"somebody")

    def test_a_copy_is_there_from_registration_to_deletion(self, site: ProviderSite) -> None:
        self._needs_copies(site.provider)
        _token, credential = site.register()
        assert site.provider.has_credential(credential.id) is True

        site.provider.delete_credential(credential.id)

        assert site.provider.has_credential(credential.id) is False

    def test_deleting_a_copy_twice_is_fine(self, site: ProviderSite) -> None:
        self._needs_copies(site.provider)
        _token, credential = site.register()

        site.provider.delete_credential(credential.id)
        site.provider.delete_credential(credential.id)
        site.provider.delete_credential(UNKNOWN_ID)

    def test_deleting_one_copy_leaves_the_others(self, site: ProviderSite) -> None:
        self._needs_copies(site.provider)
        (_one, first), (_two, second) = site.register(), site.register()

        site.provider.delete_credential(first.id)

        assert site.provider.has_credential(second.id) is True
        assert site.provider.verify_token(site.login(second), relying_party=site.relying_party)

    def test_w6_a_copy_is_deleted_for_its_own_user_only(self, site: ProviderSite) -> None:
        self._needs_copies(site.provider)
        _token, credential = site.register()

        site.provider.delete_copy(credential_id=credential.id, user_handle=b"somebody else")
        assert site.provider.has_credential(credential.id) is True

        site.provider.delete_copy(credential_id=credential.id, user_handle=site.user.handle.encode())
        assert site.provider.has_credential(credential.id) is False

    def test_a_deleted_copy_signs_nobody_in(self, site: ProviderSite) -> None:
        self._needs_copies(site.provider)
        _token, credential = site.register()
        site.provider.delete_credential(credential.id)

        with pytest.raises(LoginFailed):
            site.login(credential)

    def test_an_unknown_credential_has_no_copy(self, provider: BaseProvider) -> None:
        self._needs_copies(provider)

        assert provider.has_credential(UNKNOWN_ID) is False

    @pytest.mark.parametrize("name", ["Phone", "x" * 100, "Zoë 🦊", "<b>"], ids=ascii)
    def test_a_copy_can_be_renamed_and_goes_on_working(self, site: ProviderSite, name: str) -> None:
        self._needs_copies(site.provider)
        _token, credential = site.register()

        site.provider.rename_credential(credential.id, name=name)

        assert site.provider.has_credential(credential.id) is True
        assert site.provider.verify_token(site.login(credential), relying_party=site.relying_party)

    def _needs_copies(self, provider: BaseProvider) -> None:
        if not provider.keeps_copies:
            pytest.skip("keeps no copies")

    def test_copies_are_listed_with_all_that_a_site_needs_to_do_without_the_service(
        self, site: ProviderSite
    ) -> None:
        self._needs_copies(site.provider)
        credentials = {credential.id: credential for credential in (site.register()[1] for _ in range(3))}

        listed = {copy.id: copy for copy in site.provider.list_credentials()}

        assert set(listed) == set(credentials)
        for id_, copy in listed.items():
            assert isinstance(copy, ProviderCredential)
            assert copy.public_key == credentials[id_].public_key
            assert copy.user_id == site.user.handle
            assert copy.aaguid == credentials[id_].aaguid
            assert copy.created_at.tzinfo is not None
            assert not copy.is_second_factor
