"""The argument of every handler, and the steps that handlers share."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..keys import SigningKey, claims
from ..state import AuditEntry, Challenge, Credential, State, Tenant, User
from ..wire.http import Request, internal_error


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request to a tenant's endpoint."""

    state: State
    tenant: Tenant
    request: Request
    #: the variable segments of the path
    arguments: tuple[str, ...] = ()
    #: true for an endpoint of second factors
    mfa: bool = False

    def audit(self, event: str, *, user_id: str | None = None, transaction_id: str | None = None) -> None:
        """Log a success. Call this before changing anything: headers that are too long raise a 500."""
        request = self.request
        entry = AuditEntry(
            id=self.state.ids("audit"),
            type=event,
            request_id=request.request_id,
            source_ip=request.source_address,
            user_agent=request.headers.get("user-agent", ""),
            actor_user_id=user_id,
            transaction_id=transaction_id,
            created_at=self.state.stored_now(),
        )
        if max(map(len, (entry.request_id, entry.source_ip, entry.user_agent))) > 255:
            raise internal_error()
        self.tenant.audit_log.append(entry)

    def remember(self, challenge: str, **ceremony: Any) -> None:
        """Store a new challenge. `timeout` is in milliseconds."""
        expires_at = self.state.stored_now() + ceremony.pop("timeout") * 1_000_000
        self.tenant.challenges[challenge] = Challenge(expires_at=expires_at, **ceremony)

    def forget(self, challenge: str) -> None:
        """Delete a used challenge, if challenges are for single use."""
        if self.state.single_use:
            self.tenant.challenges.pop(challenge, None)

    def token(self, user: User, credential: Credential, *, transaction_id: str | None = None) -> dict[str, str]:
        """The answer to a finalize: a token, signed with the newest key."""
        values = claims(
            rp_id=self.tenant.configuration.rp_id,
            user_id=user.user_id,
            credential_id=credential.id,
            issued_at=int(self.state.clock()),
            transaction_id=transaction_id,
        )
        return {"token": self.tenant.keys[-1].sign(values)}


def make_missing_keys(state: State, tenant: Tenant) -> None:
    """Make RSA keys until there are as many as JWK secrets. Raises a 500 if a secret of an old key is gone."""
    jwk_secrets = tenant.secrets_of("jwk")
    known = {secret.id for secret in jwk_secrets}
    if not known or any(key.secret_id not in known for key in tenant.keys):
        raise internal_error()
    while len(tenant.keys) < len(jwk_secrets):
        key = SigningKey(kid=state.ids("key"), private_key=state.keys(), secret_id=jwk_secrets[0].id)
        tenant.keys.append(key)


def timestamp(nanoseconds: int, *, digits: int = 6) -> str:
    """RFC 3339, with as many fractional digits as needed."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    shown = f"{fraction:09d}"[:digits].rstrip("0")
    return f"{text}.{shown}Z" if shown else f"{text}Z"
