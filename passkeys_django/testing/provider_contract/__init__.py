"""Tests of what every provider must do. A provider's test class inherits them and adds the fixture `provider`.

    class TestMyProvider(ProviderContract):
        @pytest.fixture
        def provider(self):
            return MyProvider(...)

The tests use only public methods of `BaseProvider` and a software authenticator with real keys. So the service
behind the provider may be this process, a fake on a local port, or a real server. The tests need pytest, and
settings with PASSKEY_RP_ID.
"""

from .ceremonies import CeremonyContract
from .copies import CopyContract
from .options import OptionsContract
from .second_factors import SecondFactorContract
from .site import ProviderSite
from .tokens import TokenContract

__all__ = ["ProviderContract", "ProviderSite"]


class ProviderContract(OptionsContract, CeremonyContract, TokenContract, CopyContract, SecondFactorContract):
    """Write `class TestMyProvider(ProviderContract)` with a fixture `provider`, and override what differs."""
