"""Secrets of a tenant: API keys, and the keys under which the server encrypts its signing keys."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ..transport import guards, replies
from ..transport.calls import AdminCalls
from ..transport.fields import Fields

SecretKind = Literal["api", "jwk"]


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A secret. `secret` is the value itself: `repr` and `str` do not show it. `created_at` is in UTC."""

    id: UUID
    name: str
    secret: str = field(repr=False)
    created_at: datetime

    @classmethod
    def from_wire(cls, row: Any) -> "Secret":
        """Raises ValueError for anything that is not a secret. The message never shows the value."""
        fields = Fields.of("a secret", row)
        return cls(
            id=fields.uuid("id"),
            name=fields.text("name", ""),
            secret=fields.text("secret"),
            created_at=fields.time("created_at"),
        )


class TenantSecrets(AdminCalls):
    """/tenants/{tenant}/secrets/api and /jwk."""

    def list_secrets(self, *, tenant_id: UUID | str, kind: SecretKind) -> list[Secret]:
        """GET /tenants/{tenant}/secrets/{kind}: all of them, in clear text. Raises HankoTenantNotFound."""
        return replies.records(self._call("GET", _path(tenant_id, kind)), Secret.from_wire)

    def create_secret(self, *, tenant_id: UUID | str, kind: SecretKind, name: str) -> Secret:
        """POST /tenants/{tenant}/secrets/{kind}: a new secret. Its name must be new among secrets of both kinds.

        After a new "jwk" secret, the server signs with a new key from the next call on. The old key stays in the
        key set (trap 16). Raises HankoServerError for a name that exists, HankoTenantNotFound.
        """
        body = {"name": guards.text("name", name)}
        return replies.record(self._call("POST", _path(tenant_id, kind), body=body), Secret.from_wire)

    def delete_secret(
        self, *, tenant_id: UUID | str, kind: SecretKind, secret_id: UUID | str, may_break_tenant: bool = False
    ) -> None:
        """DELETE /tenants/{tenant}/secrets/{kind}/{secret}.

        A signing key is encrypted under a "jwk" secret, usually the first one. If that secret is deleted, every
        public call of the tenant fails, for ever. So a "jwk" secret is deleted only with `may_break_tenant=True`.
        Raises HankoNotFound for an unknown secret or a secret of the other kind, HankoTenantNotFound.
        """
        if kind == "jwk" and not may_break_tenant:
            raise ValueError("deleting a jwk secret can break the tenant for ever: pass may_break_tenant=True")
        self._call("DELETE", f"{_path(tenant_id, kind)}/{guards.uuid('secret_id', secret_id)}")


def _path(tenant_id: UUID | str, kind: SecretKind) -> str:
    if kind not in ("api", "jwk"):
        raise ValueError("kind must be 'api' or 'jwk'")
    return f"/tenants/{guards.uuid('tenant_id', tenant_id)}/secrets/{kind}"
