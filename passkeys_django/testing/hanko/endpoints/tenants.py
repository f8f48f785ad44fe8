"""Creates tenants and secrets."""

from typing import Any

from ..settings import Configuration
from ..state import Secret, State, Tenant
from ..wire.http import internal_error
from .calls import make_missing_keys

#: Added to times, because clocks of tests rarely have nanoseconds, and clients must be able to read them
NANOSECONDS = 702


def create(state: State, display_name: str, configuration: dict[str, Any], *, api_key: bool) -> Tenant:
    """A tenant from a validated body, with an RSA key, a JWK secret and, with `api_key`, an API key."""
    tenant = Tenant(
        id=state.ids("tenant"),
        display_name=display_name,
        configuration=Configuration.from_wire(configuration),
    )
    if api_key:
        add_secret(state, tenant, kind="api", name="Initial API Key")
    add_secret(state, tenant, kind="jwk", name="Initial JWK Key")
    make_missing_keys(state, tenant)
    state.tenants[tenant.id] = tenant
    return tenant


def add_secret(state: State, tenant: Tenant, *, kind: str, name: str) -> Secret:
    """A new secret. Raises a 500 if a secret of either kind has this name."""
    if any(secret.name == name for secret in tenant.secrets):
        raise internal_error()
    created_at = state.now() + NANOSECONDS
    secret = Secret(id=state.ids("secret"), kind=kind, name=name, secret=state.secrets(), created_at=created_at)
    tenant.secrets.append(secret)
    return secret
