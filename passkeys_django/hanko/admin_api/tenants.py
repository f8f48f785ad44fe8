"""Tenants of a server of one's own, and how they are configured."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ..transport import guards, replies
from ..transport.calls import AdminCalls
from ..transport.fields import Fields
from .configuration import Configuration
from .tenant_secrets import Secret

KEY_TIME = 60.0
"""Seconds that a new tenant may take: the server makes an RSA-4096 key first, in up to 11 s if it is busy."""


@dataclass(frozen=True, kw_only=True)
class TenantSummary:
    """A tenant as the listing shows it."""

    id: UUID
    display_name: str

    @classmethod
    def from_wire(cls, row: Any) -> "TenantSummary":
        """Raises ValueError for anything that is not a tenant."""
        fields = Fields.of("a tenant", row)
        return cls(id=fields.uuid("id"), display_name=fields.text("display_name", ""))


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A tenant with its configuration; origins come in any order."""

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
    """A new tenant, and its API key if one was asked for."""

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
        """POST /tenants. Waits a minute, whatever `read_timeout` says: the server makes a signing key first.

        Raises HankoInvalidRequest for a configuration that breaks a rule, HankoProtocolError if a key was asked
        for and the tenant came without one. After a HankoTransportError the tenant may be there all the same, with
        an API key that nobody has seen: `list_tenants()` shows the tenant, `create_secret()` makes another key.
        """
        body = {
            "display_name": guards.text("display_name", display_name),
            "create_api_key": create_api_key,  # here: inside of config it would be ignored
            "config": configuration.to_wire(),
        }
        reply = self._call("POST", "/tenants", body=body, patience=KEY_TIME)
        created = replies.record(reply, CreatedTenant.from_wire)
        if create_api_key and created.api_key is None:
            raise reply.unexpected(f"the new tenant {created.id} came without an API key")
        return created

    def list_tenants(self) -> list[TenantSummary]:
        """GET /tenants: all of them; there are no pages."""
        return replies.records(self._call("GET", "/tenants"), TenantSummary.from_wire)

    def get_tenant(self, *, tenant_id: UUID | str) -> Tenant:
        """GET /tenants/{tenant}. Raises HankoTenantNotFound."""
        return replies.record(self._call("GET", path(tenant_id)), Tenant.from_wire)

    def update_tenant(self, *, tenant_id: UUID | str, display_name: str) -> None:
        """PUT /tenants/{tenant}: its name, not that of the relying party. Raises HankoTenantNotFound."""
        self._call("PUT", path(tenant_id), body={"display_name": guards.text("display_name", display_name)})

    def delete_tenant(self, *, tenant_id: UUID | str) -> None:
        """DELETE /tenants/{tenant}, with users, credentials and keys. Raises HankoTenantNotFound."""
        self._call("DELETE", path(tenant_id))

    def update_configuration(self, *, tenant_id: UUID | str, configuration: Configuration) -> None:
        """PUT /tenants/{tenant}/config: replaces all of it, so begin with `get_tenant().configuration`.

        Keys, secrets and ceremonies under way survive. Raises HankoInvalidRequest, HankoTenantNotFound.
        """
        self._call("PUT", f"{path(tenant_id)}/config", body=configuration.to_wire())


def path(tenant_id: UUID | str) -> str:
    """Where a tenant is found. Raises ValueError for an id that is no UUID."""
    return f"/tenants/{guards.uuid('tenant_id', tenant_id)}"
