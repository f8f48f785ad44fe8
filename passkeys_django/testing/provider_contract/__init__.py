"""What every provider promises. A provider's tests inherit these, and add the fixture `provider`.

    class TestMyProvider(ProviderContract):
        @pytest.fixture
        def provider(self):
            return MyProvider(...)

Only public methods of `BaseProvider` are used here, and answers of a software authenticator with real keys, so
the service behind the provider may be anything: this process, a fake on a local port, a real server. It needs
pytest, and settings with a PASSKEY_RP_ID.
"""

from .ceremonies import CeremonyContract
from .copies import CopyContract
from .options import OptionsContract
from .site import ProviderSite
from .tokens import TokenContract

__all__ = ["ProviderContract", "ProviderSite"]


class ProviderContract(OptionsContract, CeremonyContract, TokenContract, CopyContract):
    """Inherit as `class TestMyProvider(ProviderContract)`, with a fixture `provider`; override what differs."""
