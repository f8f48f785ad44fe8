"""Tools for tests of sites and our own: a software authenticator, helpers for Django's test client, a fake Hanko.

pytest imports this package at every start, because of the plugin in it. So other modules are imported only when a
test uses them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .authenticator import (
        AuthenticatorError,
        CredentialExcluded,
        NoSuitableCredential,
        NoSupportedAlgorithm,
        SoftwareAuthenticator,
        SoftwareCredential,
    )
    from .client import login, login_in_two_steps, register, sign

__all__ = [
    "AuthenticatorError",
    "CredentialExcluded",
    "NoSuitableCredential",
    "NoSupportedAlgorithm",
    "SoftwareAuthenticator",
    "SoftwareCredential",
    "login",
    "login_in_two_steps",
    "register",
    "sign",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = ".client" if name in ("login", "login_in_two_steps", "register", "sign") else ".authenticator"
    return getattr(import_module(module, __name__), name)


def __dir__() -> list[str]:
    return __all__
