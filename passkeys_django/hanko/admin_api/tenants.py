"""Tenants of a self-hosted server, and their configuration."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ..transport import guards, replies
from ..transport.calls import AdminCalls
from ..transport.fields import Fields
from .configuration import Configuration
from .tenant_secrets import Secret

KEY_TIME = 60.0
"""Seconds that a new tenant may take. The server first makes an RSA-4096 key: up to 11 s on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class TenantSummary:
    """A tenant, with what the listing shows."""

    id: UUID
    display_name: str

    @classmethod
    def from_wire(cls, row: Any) -> "TenantSummary":
        """Raises ValueError for anything that is not a tenant."""
        fields = Fields.of("a tenant", row)
        return cls(id=fields.uuid("id"), display_name=fields.text("display_name", ""))


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A tenant with its configuration. The server returns origins in any order."""

    id: UUID
    display_name: str
    configuration: Configuration

    @classmethod
    def from_wire(cls, row: Any) -> "Tenant":
        """Raises ValueError for anything that is not a tenant with a configuration."""
        fields = Fields.of("a tenant", row)
        return cls(
            id=fields.uuid("id"),
            display_name=fields.text("display_name", ""),
            configuration=Configuration.from_wire(fields.values.get("config")),
        )


@dataclass(frozen=True, kw_only=True)
class CreatedTenant:
    """A new tenant, and its API key if the call asked for a key."""

    id: UUID
    api_key: Secret | None

    @classmethod
    def from_wire(cls, row: Any) -> "CreatedTenant":
        """Raises ValueError for anything that is not a new tenant."""
        fields = Fields.of("a new tenant", row)
        api_key = fields.values.get("api_key")
        return cls(id=fields.uuid("id"), api_key=None if api_key is None else Secret.from_wire(api_key))


class Tenants(AdminCalls):
    """/tenants and their configuration."""

    def create_tenant(
        self, *, display_name: str, configuration: Configuration, create_api_key: bool = False
    ) -> CreatedTenant:
        """POST /tenants. Waits up to a minute, or `read_timeout` if longer: the server first makes a signing key.

        Raises HankoInvalidRequest for a configuration that breaks a rule, HankoProtocolError if the call asked for
        a key and the reply has none. After a HankoTransportError the tenant may still have been created, with an
        API key that nobody has seen: `list_tenants()` shows the tenant, `create_secret()` makes another key.
        """
        body = {
            "display_name": guards.text("display_name", display_name),
            "create_api_key": create_api_key,  # the server ignores this member inside of config
            "config": configuration.to_wire(),
        }
        reply = self._call("POST", "/tenants", body=body, patience=KEY_TIME)
        created = replies.record(reply, CreatedTenant.from_wire)
        if create_api_key and created.api_key is None:
            raise reply.unexpected(f"the new tenant {created.id} came without an API key")
        return created

    def list_tenants(self) -> list[TenantSummary]:
        """GET /tenants: all tenants, without pages."""
        return replies.records(self._call("GET", "/tenants"), TenantSummary.from_wire)

    def get_tenant(self, *, tenant_id: UUID | str) -> Tenant:
        """GET /tenants/{tenant}. Raises HankoTenantNotFound."""
        return replies.record(self._call("GET", path(tenant_id)), Tenant.from_wire)

    def update_tenant(self, *, tenant_id: UUID | str, display_name: str) -> None:
        """PUT /tenants/{tenant}: change the tenant's name, not the relying party's. Raises HankoTenantNotFound."""
        self._call("PUT", path(tenant_id), body={"display_name": guards.text("display_name", display_name)})

    def delete_tenant(self, *, tenant_id: UUID | str) -> None:
        """DELETE /tenants/{tenant}: also deletes users, credentials and keys. Raises HankoTenantNotFound."""
        self._call("DELETE", path(tenant_id))

    def update_configuration(self, *, tenant_id: UUID | str, configuration: Configuration) -> None:
        """PUT /tenants/{tenant}/config: replaces the whole configuration; start from `get_tenant().configuration`.

        Keys, secrets and unfinished ceremonies stay. Raises HankoInvalidRequest, HankoTenantNotFound.
        """
        self._call("PUT", f"{path(tenant_id)}/config", body=configuration.to_wire())


def path(tenant_id: UUID | str) -> str:
    """The path of a tenant. Raises ValueError for an id that is not a UUID."""
    return f"/tenants/{guards.uuid('tenant_id', tenant_id)}"
