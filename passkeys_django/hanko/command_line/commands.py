"""The commands. Each function takes the client and the options, and returns what to print."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from uuid import UUID

from ..admin_api.admin_client import HankoAdminClient
from ..admin_api.configuration import Configuration, MfaConfiguration, RelyingParty, WebauthnConfiguration
from ..admin_api.tenant_secrets import Secret, SecretKind
from ..admin_api.users import User
from ..exceptions import HankoNotFound, HankoServerError, HankoTransportError, printable
from . import env_file, sites
from .changes import changed
from .output import Outcome, masked, table

TENANT_ID, API_KEY = "PASSKEY_TENANT_ID", "PASSKEY_SECRET_API_KEY"
NEW_KEY_HINT = (
    "The server makes the key at the next request to this tenant, which takes some seconds. Send this request "
    "yourself, such as GET .well-known/jwks.json.\nKeep the older secrets: after the deletion of an older key's "
    "secret, every call fails for ever."
)
BASE_URL_HINT = "# PASSKEY_BASE_URL is where Django reaches the public API of this server, by default at port 8000"


class Refused(Exception):
    """The object does not exist, or somebody refused: Hanko or the user."""


class Unusable(Exception):
    """The command cannot run with these arguments, or its file cannot be written."""


def list_tenants(client: HankoAdminClient, options: Namespace) -> Outcome:
    """List all tenants."""
    tenants = client.list_tenants()
    return Outcome(tenants, table(("ID", "NAME"), [(tenant.id, tenant.display_name) for tenant in tenants]))


def create_tenant(client: HankoAdminClient, options: Namespace) -> Outcome:
    """Make a tenant with an API key, and say what to put into .env."""
    related = options.related_origin or []
    party = RelyingParty(id=options.rp_id, display_name=options.name, origins=(*options.origin, *related))
    # The server's default "direct" makes browsers ask people whether the site may see the make of their device.
    webauthn = WebauthnConfiguration(attestation_preference="none")
    configuration = Configuration(relying_party=party, webauthn=webauthn)
    configuration.to_wire()  # first, because its errors about origins are the clearest
    sites.check_rp_id(options.rp_id)
    sites.check_origins(options.rp_id, options.origin, related=related)
    with _env(options) as env:
        with _told("see `tenants list`: if the tenant is there, `keys create TENANT-ID` makes a key for it"):
            created = client.create_tenant(
                display_name=options.name, configuration=configuration, create_api_key=True
            )
        key: Secret = created.api_key  # type: ignore[assignment]  # asked for, so there is one
        return _new_key(created.id, key, created, env)


def show_tenant(client: HankoAdminClient, options: Namespace) -> Outcome:
    """Show a tenant and its configuration."""
    tenant = client.get_tenant(tenant_id=options.tenant)
    party, cors = tenant.configuration.relying_party, tenant.configuration.cors
    rows = [
        ("ID", tenant.id),
        ("Name", tenant.display_name),
        ("RP ID", party.id),
        ("RP name", party.display_name),
        ("Origins", " ".join(party.origins)),
        ("CORS origins", " ".join(cors.allowed_origins if cors else party.origins)),
        *_ceremony_rows("", tenant.configuration.webauthn),
        *_ceremony_rows("Second factors: ", tenant.configuration.mfa),
    ]
    return Outcome(tenant, table(None, rows))


def _ceremony_rows(of: str, ceremony: WebauthnConfiguration | MfaConfiguration | None) -> list[tuple[str, str]]:
    if ceremony is None:
        return []
    rows = [
        ("User verification", ceremony.user_verification),
        ("Attachment", ceremony.attachment or "any"),
        ("Attestation", ceremony.attestation_preference),
        ("Resident key", ceremony.resident_key_requirement),
        ("Timeout", f"{ceremony.timeout} ms"),
    ]
    return [(of + name, value) for name, value in rows]


def update_tenant(client: HankoAdminClient, options: Namespace) -> Outcome:
    """Change what the options name, leave the rest of the tenant as it is, and show the tenant."""
    old = client.get_tenant(tenant_id=options.tenant).configuration
    new = changed(old, options)
    if new == old:
        raise Unusable("nothing to change: give an option with a new value, see --help")
    client.update_configuration(tenant_id=options.tenant, configuration=new)
    return show_tenant(client, options)


def delete_tenant(client: HankoAdminClient, options: Namespace) -> Outcome:
    """Delete a tenant with its users, passkeys and keys."""
    tenant = client.get_tenant(tenant_id=options.tenant)
    _confirm(f"Delete the tenant {tenant.display_name!r} ({tenant.id}) with all users and passkeys?", options)
    client.delete_tenant(tenant_id=tenant.id)
    return Outcome({"deleted": tenant.id}, f"deleted {tenant.id}")


def list_keys(client: HankoAdminClient, options: Namespace) -> Outcome:
    """List the API keys of a tenant, masked without --show-secrets."""
    found = client.list_secrets(tenant_id=options.tenant, kind="api")
    keys = found if options.show_secrets else [masked(key) for key in found]
    rows = [(key.id, key.name, f"{key.created_at:%Y-%m-%d}", key.secret) for key in keys]
    shown = table(("ID", "NAME", "CREATED", "KEY"), rows)
    return Outcome(found, shown, show_secrets=options.show_secrets)


def create_key(client: HankoAdminClient, options: Namespace) -> Outcome:
    """Make an API key, and say what to put into .env."""
    with _env(options) as env:
        with _told("see `keys list`: if the key is there, delete it and make another: nobody has seen this one"):
            key = _create_secret(client, options, "api")
        return _new_key(options.tenant, key, key, env)


def list_jwk_secrets(client: HankoAdminClient, options: Namespace) -> Outcome:
    """List the secrets that encrypt a tenant's signing keys, always masked."""
    found = client.list_secrets(tenant_id=options.tenant, kind="jwk")
    rows = [(secret.id, secret.name, f"{secret.created_at:%Y-%m-%d}") for secret in found]
    return Outcome(found, table(("ID", "NAME", "CREATED"), rows))


def create_jwk_secret(client: HankoAdminClient, options: Namespace) -> Outcome:
    """Make a tenant sign its tokens with a new key, from the next request on."""
    with _told("see `jwk-secrets list`: if the new secret is there, nothing went wrong"):
        secret = _create_secret(client, options, "jwk")
    return Outcome(secret, f"made {secret.id}\n{NEW_KEY_HINT}")


def _create_secret(client: HankoAdminClient, options: Namespace, kind: SecretKind) -> Secret:
    try:
        return client.create_secret(tenant_id=options.tenant, kind=kind, name=options.name)
    except HankoServerError as error:
        raise Refused(f"Hanko: {error}; is there a secret of this name already?") from error


def delete_key(client: HankoAdminClient, options: Namespace) -> Outcome:
    """Delete an API key: the server refuses every further call with that key."""
    key = _find_key(client.list_secrets(tenant_id=options.tenant, kind="api"), options.key)
    _confirm(f"Delete the API key {key.name!r} ({key.id})?", options)
    client.delete_secret(tenant_id=options.tenant, kind="api", secret_id=key.id)
    return Outcome({"deleted": key.id}, f"deleted {key.id}")


def list_users(client: HankoAdminClient, options: Namespace) -> Outcome:
    """List the users of a tenant, oldest first, including users without a passkey."""
    users = list(client.list_users(tenant_id=options.tenant))
    rows = [(user.user_id, user.name, user.display_name, user.id) for user in users]
    return Outcome(users, table(("USER ID", "NAME", "DISPLAY NAME", "ID"), rows))


def show_user(client: HankoAdminClient, options: Namespace) -> Outcome:
    """Show a user's credentials."""
    found = _find_user(client, options)
    user = client.get_user(tenant_id=options.tenant, internal_user_id=found.id)
    rows = [
        (item.id, item.name, "second factor" if item.is_mfa else "passkey", f"{item.last_used_at or ''!s:.10}")
        for item in user.credentials
    ]
    head = table(None, [("ID", user.id), ("User ID", user.user_id), ("Name", user.name)])
    return Outcome(user, f"{head}\n\n{table(('CREDENTIAL', 'NAME', 'KIND', 'LAST USED'), rows)}")


def delete_user(client: HankoAdminClient, options: Namespace) -> Outcome:
    """Delete a user with all credentials and transactions."""
    user = _find_user(client, options)
    _confirm(f"Delete the user {user.user_id!r} ({user.name!r}) with all credentials?", options)
    client.delete_user(tenant_id=options.tenant, internal_user_id=user.id)
    return Outcome({"deleted": user.id}, f"deleted {user.id}")


def show_metrics(client: HankoAdminClient, options: Namespace) -> Outcome:
    """Print the server's metrics in the text format of Prometheus."""
    try:
        text = client.metrics()
    except HankoNotFound as error:
        raise Refused("this server has no metrics: only `passkey-server serve all` has them") from error
    return Outcome({"metrics": text}, "\n".join(map(printable, text.splitlines())))


@contextmanager
def _told(advice: str) -> Iterator[None]:
    """Add advice to a transport error: the server may have made the object although no answer arrived."""
    try:
        yield
    except HankoTransportError as error:
        error.add_note(advice)
        raise


def _env(options: Namespace) -> nullcontext[None] | env_file.Opened:
    """The file of --write-env, opened before any key is made: if the file cannot be written, no key is lost."""
    return nullcontext() if options.write_env is None else env_file.opened(options.write_env)


def _new_key(tenant_id: UUID | str, key: Secret, made: object, env: env_file.EnvFile | None) -> Outcome:
    values = {TENANT_ID: str(UUID(str(tenant_id))), API_KEY: key.secret}
    if env is not None:
        _write(env, values)
        return Outcome(made, f"wrote {TENANT_ID} and {API_KEY} to {env.path}\n{BASE_URL_HINT}")
    lines = [f"{name}={value}" for name, value in values.items()]
    return Outcome(made, "\n".join([*lines, BASE_URL_HINT]), show_secrets=True)


def _write(env: env_file.EnvFile, values: Mapping[str, str]) -> None:
    try:
        env.update(values)
    except OSError as error:  # the user never sees this key
        again = f"make another: keys create {values[TENANT_ID]}"
        raise Unusable(f"the key was made, but not written to {env.path}: {error}; {again}") from error


def _find_key(keys: Sequence[Secret], wanted: str) -> Secret:
    for key in keys:
        if wanted in (str(key.id), key.name):
            return key
    raise Refused(f"this tenant has no API key {wanted!r}")


def _find_user(client: HankoAdminClient, options: Namespace) -> User:
    """Search the listing: the server cannot look up a user_id, and finds an internal id in any tenant."""
    for user in client.list_users(tenant_id=options.tenant):
        if options.user in (user.user_id, str(user.id)):
            return user
    raise Refused(f"this tenant has no user {options.user!r}")


def _confirm(question: str, options: Namespace) -> None:
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise Unusable("without a terminal, nobody can answer: add --yes")
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Refused("nothing was deleted")
