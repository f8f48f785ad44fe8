"""Hanko's Passkey API as a provider, hosted or self-hosted.

The HTTP client itself is `passkeys_django.hanko`, which knows no Django; here the client meets our contract.
"""

from .provider import HankoProvider

__all__ = ["HankoProvider"]
