"""Hanko's Passkey API as a provider, hosted or self-hosted.

The HTTP client itself is `passkeys_django.hanko`, which does not use Django. This package fits that client to the
contract of a provider. `client()` is the way from the settings to that client.
"""

from .of_settings import client
from .provider import HankoProvider

__all__ = ["HankoProvider", "client"]
