"""A provider that says it holds some of the site's passkeys, and one credential whose user nobody knows here."""

from passkeys_django.providers.embedded import EmbeddedProvider
from tests.benchmarks.scale.size import Size
from tests.benchmarks.tenants import copy_of


class Copies(EmbeddedProvider):
    keeps_copies = True

    def __init__(self, identity):
        self._identity, self._size = identity, Size.from_environment()

    @property
    def identity(self):
        return self._identity

    def list_credentials(self, *, user_id=None):
        yield copy_of(self._size.passkeys + 1)
        yield from map(copy_of, self._size.held(self.identity))

    def has_credential(self, credential_id):
        raise AssertionError("all passkeys of this provider are in its list")
