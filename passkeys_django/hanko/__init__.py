"""A client for Hanko's Passkey API. It knows no Django and can be used by itself.

`HankoClient` speaks the public API of one tenant, `HankoAdminClient` the admin API of a server of your own, and
`python -m passkeys_django.hanko` the latter from a terminal.
"""

from .admin_client import HankoAdminClient, Health
from .audit_logs import AuditLog, AuditLogType
from .client import HankoClient
from .configuration import Configuration, Cors, MfaConfiguration, RelyingParty, WebauthnConfiguration
from .credentials import Credential
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
from .tenant_secrets import Secret, SecretKind
from .tenants import CreatedTenant, Tenant, TenantSummary
from .transactions import Transaction
from .types import (
    AuthenticationCredential,
    CreationOptions,
    JSONValue,
    JSONWebKey,
    RegistrationCredential,
    RequestOptions,
)
from .users import User, UserDetails

__all__ = [
    "AuditLog",
    "AuditLogType",
    "AuthenticationCredential",
    "Cache",
    "Configuration",
    "Cors",
    "CreatedTenant",
    "CreationOptions",
    "Credential",
    "HankoAPIError",
    "HankoAdminClient",
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
    "Health",
    "JSONValue",
    "JSONWebKey",
    "KeySet",
    "MfaConfiguration",
    "RegistrationCredential",
    "RelyingParty",
    "RequestOptions",
    "Secret",
    "SecretKind",
    "Tenant",
    "TenantSummary",
    "Transaction",
    "User",
    "UserDetails",
    "WebauthnConfiguration",
]
