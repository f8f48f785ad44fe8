"""What the server stores: tenants with their keys, users, challenges, transactions and credentials."""

import secrets
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa

from .clock import Clock, microseconds
from .keys import SigningKey
from .settings import Configuration

NO_AAGUID = uuid.UUID(int=0)
REGISTRATION, AUTHENTICATION, TRANSACTION = "registration", "authentication", "transaction"


@dataclass(frozen=True, kw_only=True)
class Secret:
    """An API key (`api`) or the key that encrypts the RSA keys (`jwk`)."""

    id: str
    kind: str
    name: str
    secret: str = field(repr=False)
    created_at: int


@dataclass(kw_only=True, eq=False)
class User:
    """A user for whom a registration was started."""

    id: str
    user_id: str
    name: str
    display_name: str
    icon: str
    #: in the order of an SQL result without ORDER BY: an update moves a row to the end
    credentials: dict[str, "Credential"] = field(default_factory=dict, repr=False)


@dataclass(kw_only=True, eq=False)
class Credential:
    """A passkey or second factor."""

    id: str
    user: User
    public_key: str
    attestation_type: str = "none"
    aaguid: uuid.UUID = NO_AAGUID
    name: str
    created_at: int
    last_used_at: int
    backup_eligible: bool = True
    backup_state: bool = True
    is_mfa: bool = False

    def touch(self) -> None:
        """Move an updated row to the end."""
        self.user.credentials[self.id] = self.user.credentials.pop(self.id)


@dataclass(kw_only=True, eq=False)
class Transaction:
    """Something that a user was asked to confirm."""

    id: str
    user: User
    identifier: str
    data: str
    challenge: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """A ceremony that was started but not yet finished."""

    operation: str
    #: "" for a discoverable login
    user_id: str
    user_verification: str
    allowed: tuple[str, ...] = ()
    expires_at: int
    transaction: Transaction | None = None


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """A line of the audit log."""

    id: str
    type: str
    request_id: str
    source_ip: str
    user_agent: str
    actor_user_id: str | None
    transaction_id: str | None
    created_at: int


@dataclass(kw_only=True, eq=False)
class Tenant:
    """A relying party and everything in it."""

    id: str
    display_name: str
    configuration: Configuration
    secrets: list[Secret] = field(default_factory=list, repr=False)
    #: newest last
    keys: list[SigningKey] = field(default_factory=list, repr=False)
    users: dict[str, User] = field(default_factory=dict, repr=False)
    challenges: dict[str, Challenge] = field(default_factory=dict, repr=False)
    transactions: dict[str, Transaction] = field(default_factory=dict, repr=False)
    credentials: dict[str, Credential] = field(default_factory=dict, repr=False)
    audit_log: list[AuditEntry] = field(default_factory=list, repr=False)
    _by_age: list[Credential] | None = field(default=None, repr=False)

    @property
    def by_age(self) -> list[Credential]:
        """The credentials, oldest first. Sorted only once, because tests list thousands page by page."""
        if self._by_age is None:
            self._by_age = sorted(self.credentials.values(), key=lambda credential: credential.created_at)
        return self._by_age

    def add(self, credential: Credential) -> None:
        """Store a new credential."""
        self.credentials[credential.id] = credential.user.credentials[credential.id] = credential
        self._by_age = None

    def remove(self, credential: Credential) -> None:
        """Delete a credential."""
        del self.credentials[credential.id], credential.user.credentials[credential.id]
        self._by_age = None

    @property
    def api_key(self) -> str:
        """The first API key."""
        return next(secret.secret for secret in self.secrets if secret.kind == "api")

    def secrets_of(self, kind: str) -> list[Secret]:
        """The secrets of one kind, oldest first."""
        return [secret for secret in self.secrets if secret.kind == kind]


def new_secret() -> str:
    """88 characters: 64 random bytes in base64url, padded."""
    return secrets.token_urlsafe(64) + "=="


@dataclass(kw_only=True)
class State:
    """Everything that the server stores, and the sources of time, ids, challenges, keys and secrets."""

    clock: Clock
    ids: Callable[[str], str]
    challenges: Callable[[], bytes]
    keys: Callable[[], rsa.RSAPrivateKey]
    secrets: Callable[[], str]
    strict_expiry: bool
    single_use: bool
    utc_offset: float = 0
    tenants: dict[str, Tenant] = field(default_factory=dict)
    #: those of all tenants, because a credential id is unique among all tenants
    credentials: dict[str, Credential] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def now(self) -> int:
        """Nanoseconds since 1970, rounded to microseconds as in the database."""
        return microseconds(self.clock())

    def stored_now(self) -> int:
        """The time that the server stores for now: its local time, which every reader takes for UTC."""
        return self.now() + microseconds(self.utc_offset)

    def add_credential(self, tenant: Tenant, credential: Credential) -> None:
        """Store a new credential."""
        self.credentials[credential.id] = credential
        tenant.add(credential)

    def remove_credential(self, tenant: Tenant, credential: Credential) -> None:
        """Delete a credential."""
        del self.credentials[credential.id]
        tenant.remove(credential)

    def remove_user(self, tenant: Tenant, user: User) -> None:
        """Delete a user with credentials and transactions. The user's challenges stay."""
        del tenant.users[user.user_id]
        for credential in list(user.credentials.values()):
            self.remove_credential(tenant, credential)
        tenant.transactions = {key: value for key, value in tenant.transactions.items() if value.user is not user}

    def remove_tenant(self, tenant: Tenant) -> None:
        """Delete a tenant with everything in it."""
        for credential_id in tenant.credentials:
            del self.credentials[credential_id]
        del self.tenants[tenant.id]
