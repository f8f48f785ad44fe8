"""A client for Hanko's Passkey API. The client does not import Django and can be used without Django.

`HankoClient` calls the public API of one tenant. `HankoAdminClient` calls the admin API of a self-hosted server.
`python -m passkeys_django.hanko` calls the admin API from a terminal.
"""

from .admin_api.admin_client import HankoAdminClient, Health
from .admin_api.configuration import Configuration, Cors, MfaConfiguration, RelyingParty, WebauthnConfiguration
from .admin_api.tenant_secrets import Secret, SecretKind
from .admin_api.tenants import CreatedTenant, Tenant, TenantSummary
from .admin_api.users import User, UserDetails
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
from .public_api.audit_logs import AuditLog, AuditLogType
from .public_api.client import HankoClient
from .public_api.credentials import Credential
from .public_api.jwks import Cache, KeySet
from .public_api.transactions import Transaction
from .types import (
    AuthenticationCredential,
    CreationOptions,
    JSONValue,
    JSONWebKey,
    RegistrationCredential,
    RequestOptions,
)

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
