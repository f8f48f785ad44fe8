"""A client for Hanko's Passkey API. It knows no Django and can be used by itself."""

from .client import HankoClient
from .exceptions import (
    HankoAPIError,
    HankoConflict,
    HankoConnectionError,
    HankoError,
    HankoInvalidKey,
    HankoInvalidRequest,
    HankoNotFound,
    HankoProtocolError,
    HankoRefused,
    HankoServerError,
    HankoTenantNotFound,
    HankoTimeout,
    HankoTransportError,
    HankoUnavailable,
    HankoUnknownKey,
    HankoUserWithoutCredentials,
)
from .jwks import Cache, KeySet
from .types import (
    AuthenticationCredential,
    CreationOptions,
    Credential,
    JSONWebKey,
    RegistrationCredential,
    RequestOptions,
)

__all__ = [
    "AuthenticationCredential",
    "Cache",
    "CreationOptions",
    "Credential",
    "HankoAPIError",
    "HankoClient",
    "HankoConflict",
    "HankoConnectionError",
    "HankoError",
    "HankoInvalidKey",
    "HankoInvalidRequest",
    "HankoNotFound",
    "HankoProtocolError",
    "HankoRefused",
    "HankoServerError",
    "HankoTenantNotFound",
    "HankoTimeout",
    "HankoTransportError",
    "HankoUnavailable",
    "HankoUnknownKey",
    "HankoUserWithoutCredentials",
    "JSONWebKey",
    "KeySet",
    "RegistrationCredential",
    "RequestOptions",
]
