from django.test import Client

from passkeys_django.testing import SoftwareAuthenticator
from tests.conftest import Browser


class BrowserAt(Browser):
    """A browser at one host of several. Its authenticator can be that of another browser: it is one person."""

    def __init__(self, host, authenticator=None):
        super().__init__(Client(SERVER_NAME=host))
        self.origin = f"https://{host}"
        self.authenticator = authenticator or SoftwareAuthenticator(origin=self.origin)

    def post(self, *args, **kwargs):
        self.authenticator.origin = self.origin
        return super().post(*args, **kwargs)
