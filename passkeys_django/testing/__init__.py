"""For the tests of sites and our own: a software authenticator and a fake Hanko."""

from .authenticator import (
    AuthenticatorError,
    CredentialExcluded,
    NoSuitableCredential,
    NoSupportedAlgorithm,
    SoftwareAuthenticator,
    SoftwareCredential,
)

__all__ = [
    "AuthenticatorError",
    "CredentialExcluded",
    "NoSuitableCredential",
    "NoSupportedAlgorithm",
    "SoftwareAuthenticator",
    "SoftwareCredential",
]
